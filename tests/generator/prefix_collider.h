#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/generator/byte_writer.h"

namespace amber::generator {

/// Two of the given transactions, and the lock times with which their txids begin alike.
struct PrefixCollision {
    std::size_t first = 0, second = 0;
    std::uint32_t first_lock_time = 0, second_lock_time = 0;
};

/// Varies the lock times (the last four bytes) of `stripped` transactions until `wanted` pairs of
/// them share the first `prefix_bytes` bytes of their txids, in the order of the hash, not of its
/// display. No transaction is used twice; at least 4 * wanted should be given. By the birthday
/// bound, five bytes take some millions of hashes: a second, and 100 MB of memory.
std::vector<PrefixCollision> FindPrefixCollisions(const std::vector<Bytes>& stripped,
                                                  unsigned prefix_bytes, std::size_t wanted);

}  // namespace amber::generator
