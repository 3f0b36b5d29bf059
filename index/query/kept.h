#pragma once
#include <memory>

#include "index/query/block_heights.h"
#include "index/query/status_states.h"

namespace amber::index {

/// What a query has worked out and a later one, of this view or another, can go on from.
/// Thread-safe in every part.
struct Kept {
    StatusStates statuses;
    BlockHeights block_heights;
};
using KeptPtr = std::shared_ptr<Kept>;

}  // namespace amber::index
