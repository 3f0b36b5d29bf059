#include "server/protocol/padding.h"

#include <algorithm>
#include <bit>

namespace amber::server {
namespace {

constexpr std::size_t kSmallest = 1 << 10;
constexpr std::size_t kLargest = 4 << 20;
constexpr std::size_t kEnd = 2;  ///< the last bracket and the newline

}  // namespace

std::size_t PaddedSize(std::size_t size) {
    if (size > kLargest) return size;
    const std::size_t power = std::bit_ceil(std::max(size, kSmallest));
    const std::size_t halfway = power / 4 * 3;
    return halfway >= size && halfway > kSmallest ? halfway : power;
}

void PadLines(std::string& lines) {
    const std::size_t missing = PaddedSize(lines.size()) - lines.size();
    lines.insert(lines.size() - kEnd, missing, ' ');
}

}  // namespace amber::server
