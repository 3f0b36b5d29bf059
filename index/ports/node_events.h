#pragma once
#include <cstdint>
#include <functional>

#include "index/chain/hash.h"

namespace amber::index {

/// Something the node told of on its own, or that a poll noticed. A hint only: the receiver
/// asks the node for the facts.
struct NodeEvent {
    enum class Kind {
        tip_changed,      ///< a block was connected or disconnected
        tx_added,         ///< `txid` entered the mempool
        tx_removed,       ///< `txid` left the mempool for another reason than a block
        mempool_changed,  ///< something did, details unknown: list it again (also after a gap)
    };
    Kind kind = Kind::mempool_changed;
    Txid txid;
};

/// Called from a thread of the one who notices; must return at once and must not throw.
using NodeEventSink = std::function<void(const NodeEvent&)>;

}  // namespace amber::index
