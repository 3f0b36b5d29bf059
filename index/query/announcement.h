#pragma once
#include <functional>
#include <vector>

#include "index/chain/hash_x.h"
#include "index/query/view.h"

namespace amber::index {

/// A new view, and what is different from the one before it.
struct Announcement {
    ViewPtr view;
    bool tip_changed = false;
    /// Scripts whose status may differ: funded or spent by blocks (of an orphaned branch too) or by
    /// mempool transactions, and those whose unconfirmed parent confirmed (-1 to 0). Each once.
    std::vector<HashX> touched;
    /// Transactions that came, went or changed their height, and those that made the outputs they
    /// spend: no other transaction and no other output can have another status. Some twice.
    std::vector<Txid> touched_txs;
};

/// Called on the sync thread once per view, in order; must return quickly and must not throw.
using AnnouncementSink = std::function<void(const std::shared_ptr<const Announcement>&)>;

}  // namespace amber::index
