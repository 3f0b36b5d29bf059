#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "index/chain/bytes.h"

namespace amber::index {

std::string ToHex(ByteView bytes);
void AppendHex(std::string& out, ByteView bytes);

/// Writes 2 * bytes.size() lower-case digits to `out`, without a terminating zero.
void EncodeHex(ByteView bytes, char* out);
/// The same, last byte first: the display order of digests.
void EncodeHexReversed(ByteView bytes, char* out);

/// Accepts both cases; nothing for an odd length or another character.
std::optional<Bytes> FromHex(std::string_view hex);

/// Decodes hex.size() / 2 bytes to `out`; false if a character is not a digit or the length is odd.
/// What `out` then holds is unspecified, but nothing past hex.size() / 2 bytes is written.
/// Vectorised where the processor allows, as is encoding: blocks arrive this way from nodes without
/// REST, and answers are made of it.
bool DecodeHex(std::string_view hex, std::uint8_t* out);

}  // namespace amber::index
