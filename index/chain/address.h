#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "index/chain/bytes.h"
#include "index/chain/coin.h"

namespace amber::index {

/// The output script an address stands for (base58check P2PKH and P2SH; bech32 and bech32m
/// segwit of every version). Nothing if it is malformed or belongs to another network.
std::optional<Bytes> ScriptOfAddress(std::string_view address, const AddressFormat& format);

/// The address of a standard script; nothing for scripts that have none.
std::optional<std::string> AddressOfScript(ByteView script, const AddressFormat& format);

}  // namespace amber::index
