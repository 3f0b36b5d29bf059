#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "index/chain/hash.h"
#include "index/chain/hex.h"

namespace amber::server {

/// Writes JSON text straight to the end of a string, which it borrows. Punctuation is the
/// caller's: it writes whole pieces such as `{"height":` as they stand.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& Raw(std::string_view text) {
        out_ += text;
        return *this;
    }
    JsonWriter& Raw(char c) {
        out_ += c;
        return *this;
    }
    JsonWriter& Int(std::int64_t value);
    JsonWriter& Uint(std::uint64_t value);
    /// The fewest digits that read back as the same number, without exponent. Precondition: finite.
    JsonWriter& Double(double value);
    JsonWriter& Bool(bool value) { return Raw(value ? "true" : "false"); }
    /// Quoted and escaped. Precondition: valid UTF-8.
    JsonWriter& String(std::string_view text);
    JsonWriter& HexDigits(index::ByteView bytes) {
        index::AppendHex(out_, bytes);
        return *this;
    }
    JsonWriter& Zeros(std::size_t count) {
        out_.append(count, '0');
        return *this;
    }
    /// Quoted lower-case hex.
    JsonWriter& Hex(index::ByteView bytes) { return Raw('"').HexDigits(bytes).Raw('"'); }
    /// Quoted, in display order.
    template <class Tag>
    JsonWriter& DisplayHex(const index::Hash256<Tag>& hash) {
        const std::size_t start = out_.size();
        out_.resize(start + 66, '"');
        index::detail::WriteDisplayHex(hash.bytes.data(), out_.data() + start + 1);
        return *this;
    }

    [[nodiscard]] std::size_t Size() const { return out_.size(); }
    [[nodiscard]] std::string_view TextSince(std::size_t start) const {
        return std::string_view(out_).substr(start);
    }
    void Truncate(std::size_t size) { out_.resize(size); }

private:
    std::string& out_;
};

}  // namespace amber::server
