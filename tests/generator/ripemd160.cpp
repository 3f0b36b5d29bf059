// OpenSSL 3 offers RIPEMD-160 without its legacy provider only through the older calls.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tests/generator/ripemd160.h"

#include <openssl/ripemd.h>

namespace amber::generator {

std::array<std::uint8_t, 20> Ripemd160(index::ByteView data) {
    std::array<std::uint8_t, 20> digest;
    RIPEMD160(data.data(), data.size(), digest.data());
    return digest;
}

}  // namespace amber::generator
