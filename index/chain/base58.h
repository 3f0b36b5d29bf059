#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "index/chain/bytes.h"

namespace amber::index {

/// Base 58 with a checksum of four bytes, as legacy addresses use it.
std::string EncodeBase58Check(ByteView payload);

/// The payload; nothing for foreign characters, a wrong checksum, or text too long for any address.
std::optional<Bytes> DecodeBase58Check(std::string_view text);

}  // namespace amber::index
