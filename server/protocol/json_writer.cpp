#include "server/protocol/json_writer.h"

#include <charconv>

namespace amber::server {
namespace {

template <class Number>
void AppendInteger(std::string& out, Number value) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

JsonWriter& JsonWriter::Int(std::int64_t value) {
    AppendInteger(out_, value);
    return *this;
}

JsonWriter& JsonWriter::Uint(std::uint64_t value) {
    AppendInteger(out_, value);
    return *this;
}

JsonWriter& JsonWriter::Double(double value) {
    char digits[400];  // the largest double has 309 digits
    const auto format = std::chars_format::fixed;
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value, format).ptr);
    return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
    static constexpr char kDigits[] = "0123456789abcdef";
    out_ += '"';
    std::size_t run = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out_.append(text, run, i - run);
        run = i + 1;
        switch (c) {
            case '"':
                out_ += "\\\"";
                break;
            case '\\':
                out_ += "\\\\";
                break;
            case '\n':
                out_ += "\\n";
                break;
            case '\r':
                out_ += "\\r";
                break;
            case '\t':
                out_ += "\\t";
                break;
            default:
                out_ += "\\u00";
                out_ += kDigits[c >> 4];
                out_ += kDigits[c & 15];
        }
    }
    out_.append(text, run);
    out_ += '"';
    return *this;
}

}  // namespace amber::server
