#pragma once
#include <cstdint>

#include "index/chain/hash.h"
#include "index/chain/strong.h"

namespace amber::index {

/// The newest block of the index and how many transactions the chain has up to it.
struct Tip {
    Height height;
    BlockHash hash;
    std::uint64_t tx_count = 0;

    friend bool operator==(const Tip&, const Tip&) = default;
};

}  // namespace amber::index
