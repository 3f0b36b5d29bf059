#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Finding one's way in JSON text without building it as objects: the answers of a node are
// megabytes of hex, of which only the place is wanted (limits.md, section 8).
namespace amber::daemon_client {

/// Walks over JSON text. Checks only the structure it crosses: strings end, brackets pair up. What
/// is taken out must be checked by whoever uses it (IsJson, DecodeHex, ...).
class JsonCursor {
public:
    explicit JsonCursor(std::string_view text) : text_(text) {}

    /// Skips white space, then takes `c` if it comes next.
    bool Take(char c);
    /// The text of the next value, whole; nothing if it is malformed, truncated or nested deeper
    /// than 64.
    std::optional<std::string_view> Value();
    /// True if only white space is left.
    bool AtEnd();

private:
    void SkipSpace();
    bool SkipString();
    bool SkipScalar();
    bool SkipNested();

    std::string_view text_;
    std::size_t at_ = 0;
};

/// What is between the quotes of a string value, if it has no escapes; nothing otherwise. Enough
/// for hex and hashes.
std::optional<std::string_view> PlainString(std::string_view value);

/// Whether `text` is one valid JSON value, its strings valid UTF-8.
bool IsJson(std::string_view text);

/// `text` as a JSON string, quoted and escaped.
std::string JsonQuote(std::string_view text);

}  // namespace amber::daemon_client
