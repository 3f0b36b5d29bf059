#pragma once
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "server/protocol/json_writer.h"
#include "server/protocol/rpc_error.h"

namespace amber::server {

/// For a method whose function AdminTarget lacks.
inline RpcError NotAvailable() { return {RpcFault::bad_request, "not available"}; }

/// Writes "key":, with a comma in front of all but the first. The end is the caller's.
class Members {
public:
    explicit Members(JsonWriter& out) : out_(out) {}
    JsonWriter& operator()(std::string_view key) {
        out_.Raw(first_ ? '{' : ',').String(key).Raw(':');
        first_ = false;
        return out_;
    }

private:
    JsonWriter& out_;
    bool first_ = true;
};

/// A JSON array of strings.
inline std::string QuotedList(const std::vector<std::string>& texts) {
    std::string list = "[";
    JsonWriter out(list);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i != 0) out.Raw(',');
        out.String(texts[i]);
    }
    out.Raw(']');
    return list;
}

/// Nothing unless all of `text` is the number.
template <class Number>
std::optional<Number> ReadNumber(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace amber::server
