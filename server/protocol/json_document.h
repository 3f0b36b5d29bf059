#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace amber::server {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// One value of a parsed message. Views point into the message or the document.
struct JsonValue {
    std::string_view raw;     ///< exactly as the peer wrote it
    std::string_view text;    ///< of a string: its content, escapes resolved
    std::string_view key;     ///< in an object: the member's name
    std::uint32_t next = 0;   ///< number of the first value after this one and all inside it
    std::uint32_t count = 0;  ///< elements or members
    JsonKind kind = JsonKind::null;
};

enum class JsonFault {
    none,
    syntax,    ///< not JSON (RFC 8259), or more than one value
    encoding,  ///< invalid UTF-8, or half of a surrogate pair
    depth,     ///< more than kMaxDepth arrays and objects inside each other
    size,      ///< more than kMaxValues values
};
const char* Describe(JsonFault fault);

/// A JSON text as a flat list of values in the order written: cheap to fill again and again, and
/// numbers and ids keep the peer's own digits. The text must outlive the values.
/// Thread: one at a time. Memory: bounded by kMaxValues and the length of the text.
class JsonDocument {
public:
    static constexpr unsigned kMaxDepth = 32;
    static constexpr std::size_t kMaxValues = 131'072;

    [[nodiscard]] JsonFault Parse(std::string_view text);

    /// The outermost value. Precondition: the last Parse() returned none.
    [[nodiscard]] const JsonValue& Root() const { return values_.front(); }
    /// The first element or member. Precondition: value.count > 0.
    [[nodiscard]] const JsonValue* First(const JsonValue& value) const { return &value + 1; }
    /// The value after `value` in the same array or object.
    [[nodiscard]] const JsonValue* After(const JsonValue& value) const {
        return values_.data() + value.next;
    }
    /// The member of that name (the last, should it occur twice); null if absent.
    [[nodiscard]] const JsonValue* Member(const JsonValue& object, std::string_view name) const;

    /// Gives memory back after an unusually large text.
    void Trim();

private:
    friend class JsonParser;

    std::vector<JsonValue> values_;
    std::string unescaped_;  ///< contents of strings that had escapes; never grows while in use
};

}  // namespace amber::server
