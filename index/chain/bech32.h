#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "index/chain/bytes.h"

namespace amber::index {

/// What a segwit address names (BIP141): version 0 to 16 and 2 to 40 bytes.
struct WitnessProgram {
    int version = 0;
    Bytes program;
};

/// True if segwit has a meaning for such a program: version 0 has only 20 and 32 bytes.
bool IsValidWitnessProgram(int version, std::size_t program_size);

/// Bech32 for version 0, bech32m above (BIP173, BIP350). `hrp` in lower case.
std::string EncodeSegwitAddress(std::string_view hrp, int version, ByteView program);

/// Nothing if it is malformed, of mixed case, in the wrong variant or of another network.
std::optional<WitnessProgram> DecodeSegwitAddress(std::string_view address, std::string_view hrp);

}  // namespace amber::index
