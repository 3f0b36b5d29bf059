#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace amber::server {

/// Bytes of the well-formed UTF-8 sequence `text` starts with; 0 if it is malformed (overlong,
/// surrogate, above U+10FFFF, truncated). Precondition: text is not empty.
std::size_t Utf8SequenceSize(std::string_view text);

[[nodiscard]] bool IsUtf8(std::string_view text);

/// Precondition: `code` is a Unicode scalar value.
void AppendUtf8(std::string& out, std::uint32_t code);

/// The longest prefix of at most `size` bytes that cuts no sequence in two.
std::string_view Utf8Prefix(std::string_view text, std::size_t size);

}  // namespace amber::server
