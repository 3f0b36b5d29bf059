#include "index/chain/hash.h"

#include <cstring>

#include "index/chain/hex.h"

namespace amber::index::detail {

void WriteDisplayHex(const std::uint8_t* hash32, char* out64) {
    EncodeHexReversed({hash32, 32}, out64);
}

bool ReadDisplayHex(std::string_view hex, std::uint8_t* hash32) {
    std::uint64_t words[4];
    if (hex.size() != 64 || !DecodeHex(hex, reinterpret_cast<std::uint8_t*>(words))) return false;
    const std::uint64_t reversed[4] = {__builtin_bswap64(words[3]), __builtin_bswap64(words[2]),
                                       __builtin_bswap64(words[1]), __builtin_bswap64(words[0])};
    std::memcpy(hash32, reversed, 32);
    return true;
}

}  // namespace amber::index::detail
