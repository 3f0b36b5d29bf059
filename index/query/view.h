#pragma once
#include <cstdint>
#include <memory>

#include "index/mempool/mempool_view.h"
#include "index/query/kept.h"
#include "index/query/tx_counts.h"
#include "index/store/snapshot.h"
#include "index/tip.h"

namespace amber::index {

/// One state of the world: the tables at one block, and the mempool that belongs to it. Every
/// answer and every notification is computed from exactly one view. Immutable, thread-safe.
struct View {
    std::uint64_t serial = 0;  ///< grows with every published view
    Tip tip;
    store::Snapshot snapshot;
    TxCounts tx_counts;
    MempoolView mempool;
    KeptPtr kept;  ///< the same for all views of one index
};
using ViewPtr = std::shared_ptr<const View>;

}  // namespace amber::index
