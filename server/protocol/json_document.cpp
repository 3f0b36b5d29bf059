#include "server/protocol/json_document.h"

#include <cstdlib>
#include <cstring>

#include "server/protocol/utf8.h"

namespace amber::server {
namespace {

/// True if one of 8 characters ends a plain run in a string: a quote, a backslash, a control
/// character or a byte above 0x7f. The classic zero-byte test on a whole word.
bool HasSpecial(std::uint64_t word) {
    constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    const std::uint64_t quote = word ^ (ones * '"');
    const std::uint64_t backslash = word ^ (ones * '\\');
    return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
            ((word - ones * 0x20) & ~word) | word) &
           highs;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
    if (IsDigit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

/// Recursive descent, at most JsonDocument::kMaxDepth deep.
class JsonParser {
public:
    JsonParser(std::string_view text, JsonDocument& document)
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), doc_(document) {}

    JsonFault Run() {
        SkipSpace();
        if (!Value({}, 0)) return fault_;
        SkipSpace();
        return at_ == end_ ? JsonFault::none : JsonFault::syntax;
    }

private:
    bool Fail(JsonFault fault) {
        fault_ = fault;
        return false;
    }

    void SkipSpace() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
    }

    bool Value(std::string_view key, unsigned depth) {
        if (at_ == end_) return Fail(JsonFault::syntax);
        if (doc_.values_.size() == JsonDocument::kMaxValues) return Fail(JsonFault::size);
        const std::size_t number = doc_.values_.size();
        doc_.values_.emplace_back().key = key;
        const char* start = at_;
        bool good = false;
        switch (*at_) {
            case '{':
                good = Object(number, depth + 1);
                break;
            case '[':
                good = Array(number, depth + 1);
                break;
            case '"':
                good = String(number);
                break;
            case 't':
                good = Literal("true", number, JsonKind::boolean);
                break;
            case 'f':
                good = Literal("false", number, JsonKind::boolean);
                break;
            case 'n':
                good = Literal("null", number, JsonKind::null);
                break;
            default:
                good = Number(number);
                break;
        }
        if (!good) return false;
        JsonValue& value = doc_.values_[number];
        value.raw = {start, static_cast<std::size_t>(at_ - start)};
        value.next = static_cast<std::uint32_t>(doc_.values_.size());
        return true;
    }

    bool Literal(std::string_view word, std::size_t number, JsonKind kind) {
        if (static_cast<std::size_t>(end_ - at_) < word.size() ||
            std::memcmp(at_, word.data(), word.size()) != 0)
            return Fail(JsonFault::syntax);
        at_ += word.size();
        doc_.values_[number].kind = kind;
        return true;
    }

    bool Digits() {
        if (at_ == end_ || !IsDigit(*at_)) return Fail(JsonFault::syntax);
        while (at_ != end_ && IsDigit(*at_)) ++at_;
        return true;
    }

    bool Number(std::size_t number) {
        doc_.values_[number].kind = JsonKind::number;
        if (*at_ == '-') ++at_;
        if (at_ != end_ && *at_ == '0') {
            ++at_;
        } else if (!Digits()) {
            return false;
        }
        if (at_ != end_ && *at_ == '.') {
            ++at_;
            if (!Digits()) return false;
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!Digits()) return false;
        }
        return true;
    }

    bool Array(std::size_t number, unsigned depth) {
        if (depth > JsonDocument::kMaxDepth) return Fail(JsonFault::depth);
        doc_.values_[number].kind = JsonKind::array;
        ++at_;
        SkipSpace();
        if (Take(']')) return true;
        for (std::uint32_t count = 1;; ++count) {
            if (!Value({}, depth)) return false;
            SkipSpace();
            if (Take(']')) {
                doc_.values_[number].count = count;
                return true;
            }
            if (!Take(',')) return Fail(JsonFault::syntax);
            SkipSpace();
        }
    }

    bool Object(std::size_t number, unsigned depth) {
        if (depth > JsonDocument::kMaxDepth) return Fail(JsonFault::depth);
        doc_.values_[number].kind = JsonKind::object;
        ++at_;
        SkipSpace();
        if (Take('}')) return true;
        for (std::uint32_t count = 1;; ++count) {
            std::string_view key;
            if (at_ == end_ || *at_ != '"') return Fail(JsonFault::syntax);
            if (!Characters(key)) return false;
            SkipSpace();
            if (!Take(':')) return Fail(JsonFault::syntax);
            SkipSpace();
            if (!Value(key, depth)) return false;
            SkipSpace();
            if (Take('}')) {
                doc_.values_[number].count = count;
                return true;
            }
            if (!Take(',')) return Fail(JsonFault::syntax);
            SkipSpace();
        }
    }

    bool Take(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }

    bool String(std::size_t number) {
        std::string_view text;
        if (!Characters(text)) return false;
        doc_.values_[number].kind = JsonKind::string;
        doc_.values_[number].text = text;
        return true;
    }

    /// Moves over characters that stand for themselves.
    bool PlainRun() {
        while (true) {
            while (end_ - at_ >= 8) {
                std::uint64_t word;
                std::memcpy(&word, at_, sizeof word);
                if (HasSpecial(word)) break;
                at_ += 8;
            }
            while (at_ != end_ && *at_ != '"' && *at_ != '\\' &&
                   static_cast<unsigned char>(*at_) >= 0x20 &&
                   static_cast<unsigned char>(*at_) < 0x80)
                ++at_;
            if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20)
                return Fail(JsonFault::syntax);
            if (static_cast<unsigned char>(*at_) < 0x80) return true;
            const std::size_t size = Utf8SequenceSize({at_, static_cast<std::size_t>(end_ - at_)});
            if (size == 0) return Fail(JsonFault::encoding);
            at_ += size;
        }
    }

    bool Characters(std::string_view& text) {
        const char* start = ++at_;
        if (!PlainRun()) return false;
        if (*at_ == '"') {
            text = {start, static_cast<std::size_t>(at_ - start)};
            ++at_;
            return true;
        }
        return EscapedCharacters(start, text);
    }

    bool EscapedCharacters(const char* run, std::string_view& text) {
        // All unescaped contents together are shorter than the message: no later reallocation.
        std::string& out = doc_.unescaped_;
        if (out.empty()) out.reserve(static_cast<std::size_t>(end_ - begin_));
        const std::size_t start = out.size();
        while (true) {
            out.append(run, static_cast<std::size_t>(at_ - run));
            if (Take('"')) break;
            if (!Escape(out)) return false;
            run = at_;
            if (!PlainRun()) return false;
        }
        text = std::string_view(out).substr(start);
        return true;
    }

    bool Escape(std::string& out) {
        ++at_;  // the backslash
        if (at_ == end_) return Fail(JsonFault::syntax);
        switch (*at_++) {
            case '"':
                out += '"';
                return true;
            case '\\':
                out += '\\';
                return true;
            case '/':
                out += '/';
                return true;
            case 'b':
                out += '\b';
                return true;
            case 'f':
                out += '\f';
                return true;
            case 'n':
                out += '\n';
                return true;
            case 'r':
                out += '\r';
                return true;
            case 't':
                out += '\t';
                return true;
            case 'u':
                return UnicodeEscape(out);
            default:
                return Fail(JsonFault::syntax);
        }
    }

    bool FourDigits(std::uint32_t& unit) {
        if (end_ - at_ < 4) return Fail(JsonFault::syntax);
        unit = 0;
        for (int i = 0; i < 4; ++i) {
            const int digit = HexDigit(*at_++);
            if (digit < 0) return Fail(JsonFault::syntax);
            unit = unit * 16 + static_cast<std::uint32_t>(digit);
        }
        return true;
    }

    bool UnicodeEscape(std::string& out) {
        std::uint32_t code = 0;
        if (!FourDigits(code)) return false;
        if (code >= 0xdc00 && code <= 0xdfff) return Fail(JsonFault::encoding);
        if (code >= 0xd800 && code <= 0xdbff) {
            std::uint32_t low = 0;
            if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return Fail(JsonFault::encoding);
            at_ += 2;
            if (!FourDigits(low)) return false;
            if (low < 0xdc00 || low > 0xdfff) return Fail(JsonFault::encoding);
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        AppendUtf8(out, code);
        return true;
    }

    const char* begin_;
    const char* at_;
    const char* end_;
    JsonDocument& doc_;
    JsonFault fault_ = JsonFault::syntax;
};

const char* Describe(JsonFault fault) {
    switch (fault) {
        case JsonFault::none:
            return "no fault";
        case JsonFault::syntax:
            return "invalid JSON";
        case JsonFault::encoding:
            return "invalid UTF-8";
        case JsonFault::depth:
            return "JSON nested too deeply";
        case JsonFault::size:
            return "too many JSON values in one message";
    }
    std::abort();
}

JsonFault JsonDocument::Parse(std::string_view text) {
    values_.clear();
    unescaped_.clear();
    return JsonParser(text, *this).Run();
}

const JsonValue* JsonDocument::Member(const JsonValue& object, std::string_view name) const {
    const JsonValue* found = nullptr;
    const JsonValue* member = &object + 1;
    for (std::uint32_t i = 0; i < object.count; ++i, member = After(*member))
        if (member->key == name) found = member;
    return found;
}

void JsonDocument::Trim() {
    if (values_.capacity() > 4096) {
        values_.clear();
        values_.shrink_to_fit();
    }
    if (unescaped_.capacity() > (64 << 10)) {
        unescaped_.clear();
        unescaped_.shrink_to_fit();
    }
}

}  // namespace amber::server
