#include "daemon_client/json_text.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <cstring>

namespace amber::daemon_client {
namespace {

constexpr int kMaxDepth = 64;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Accepts everything: the parser's own checks are what is wanted.
struct NullHandler {
    using error_code = boost::json::error_code;
    using string_view = boost::json::string_view;
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t, error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_key_part(string_view, std::size_t, error_code&) { return true; }
    bool on_key(string_view, std::size_t, error_code&) { return true; }
    bool on_string_part(string_view, std::size_t, error_code&) { return true; }
    bool on_string(string_view, std::size_t, error_code&) { return true; }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
    bool on_double(double, string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }
};

}  // namespace

void JsonCursor::SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
}

bool JsonCursor::Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
}

bool JsonCursor::AtEnd() {
    SkipSpace();
    return at_ == text_.size();
}

std::optional<std::string_view> JsonCursor::Value() {
    SkipSpace();
    const std::size_t start = at_;
    if (at_ >= text_.size()) return std::nullopt;
    const char first = text_[at_];
    const bool whole = first == '"'                   ? SkipString()
                       : first == '{' || first == '[' ? SkipNested()
                                                      : SkipScalar();
    if (!whole) return std::nullopt;
    return text_.substr(start, at_ - start);
}

bool JsonCursor::SkipString() {
    ++at_;
    for (;;) {
        const void* found = std::memchr(text_.data() + at_, '"', text_.size() - at_);
        if (found == nullptr) return false;
        const auto quote = static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
        std::size_t backslashes = 0;
        while (quote - backslashes > at_ && text_[quote - backslashes - 1] == '\\') ++backslashes;
        at_ = quote + 1;
        if (backslashes % 2 == 0) return true;
    }
}

bool JsonCursor::SkipScalar() {
    const std::size_t start = at_;
    while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != ',' && text_[at_] != ']' &&
           text_[at_] != '}')
        ++at_;
    return at_ > start;
}

bool JsonCursor::SkipNested() {
    char closers[kMaxDepth];
    int depth = 0;
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '"') {
            if (!SkipString()) return false;
            continue;
        }
        ++at_;
        if (c == '{' || c == '[') {
            if (depth == kMaxDepth) return false;
            closers[depth++] = c == '{' ? '}' : ']';
        } else if (c == '}' || c == ']') {
            if (closers[--depth] != c) return false;
            if (depth == 0) return true;
        }
    }
    return false;
}

std::optional<std::string_view> PlainString(std::string_view value) {
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
    value = value.substr(1, value.size() - 2);
    if (std::memchr(value.data(), '\\', value.size()) != nullptr) return std::nullopt;
    return value;
}

bool IsJson(std::string_view text) {
    boost::json::basic_parser<NullHandler> parser{boost::json::parse_options{}};
    boost::json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    return !error && parser.done() && used == text.size();
}

std::string JsonQuote(std::string_view text) {
    return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

}  // namespace amber::daemon_client
