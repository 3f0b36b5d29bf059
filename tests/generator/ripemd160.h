#pragma once
#include <array>
#include <cstdint>

#include "index/chain/bytes.h"

namespace amber::generator {

std::array<std::uint8_t, 20> Ripemd160(index::ByteView data);

}  // namespace amber::generator
