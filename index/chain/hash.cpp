#include "index/chain/hash.h"

#include <algorithm>

#include "index/chain/hex.h"

namespace amber::index::detail {

void WriteDisplayHex(const std::uint8_t* hash32, char* out64) {
    std::uint8_t reversed[32];
    std::reverse_copy(hash32, hash32 + 32, reversed);
    EncodeHex(reversed, out64);
}

bool ReadDisplayHex(std::string_view hex, std::uint8_t* hash32) {
    if (hex.size() != 64 || !DecodeHex(hex, hash32)) return false;
    std::reverse(hash32, hash32 + 32);
    return true;
}

}  // namespace amber::index::detail
