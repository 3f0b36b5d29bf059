#include "server/protocol/arguments.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "index/chain/hex.h"
#include "index/chain/sha256.h"
#include "server/protocol/utf8.h"

namespace amber::server {
namespace {

constexpr std::size_t kQuotedBytes = 80;

RpcError WrongArguments(std::string message) {
    return {RpcFault::invalid_params, std::move(message)};
}

RpcError BadValue(const JsonValue& value, const char* what) {
    return {RpcFault::bad_request, Quote(value) + ' ' + what};
}

/// Digits, also quoted, also with a fraction of zeros; saturates at 2^32-1.
std::optional<std::uint32_t> ReadNonNegative(const JsonValue& value) {
    if (value.kind != JsonKind::number && value.kind != JsonKind::string) return std::nullopt;
    std::string_view digits = value.kind == JsonKind::number ? value.raw : value.text;
    if (const auto dot = digits.find('.'); dot != digits.npos) {
        if (digits.find_first_not_of('0', dot + 1) != digits.npos) return std::nullopt;
        digits = digits.substr(0, dot);
    }
    if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) {
        if (digits != "-0") return std::nullopt;
        digits = "0";
    }
    std::uint32_t number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec == std::errc::result_out_of_range) return std::numeric_limits<uint32_t>::max();
    return number;
}

}  // namespace

std::string Quote(const JsonValue& value) {
    const std::string_view text = value.kind == JsonKind::string ? value.text : value.raw;
    std::string quoted(Utf8Prefix(text, kQuotedBytes));
    if (quoted.size() < text.size()) quoted += "...";
    return quoted;
}

std::string QuoteName(std::string_view name) {
    return '"' + std::string(Utf8Prefix(name, kQuotedBytes)) + '"';
}

std::optional<RpcError> Arguments::Bind(const JsonDocument& document, const Request& request,
                                        std::span<const Parameter> parameters, bool ignore_extra) {
    document_ = &document;
    values_ = {};
    if (request.params && request.params->count > 0) {
        const JsonValue& params = *request.params;
        const JsonValue* value = document.First(params);
        for (std::uint32_t i = 0; i < params.count; ++i, value = document.After(*value)) {
            std::size_t place = i;
            if (params.kind == JsonKind::object)
                place = static_cast<std::size_t>(
                    std::find_if(parameters.begin(), parameters.end(),
                                 [&](const Parameter& p) { return p.name == value->key; }) -
                    parameters.begin());
            if (place < parameters.size()) {
                values_[place] = value;
            } else if (!ignore_extra) {
                if (params.kind == JsonKind::object)
                    return WrongArguments("unknown argument " + QuoteName(value->key));
                return WrongArguments("expected at most " + std::to_string(parameters.size()) +
                                      " arguments, got " + std::to_string(params.count));
            }
        }
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (parameters[i].required && !values_[i])
            return WrongArguments("missing argument \"" + std::string(parameters[i].name) + '"');
        if (!parameters[i].required && values_[i] && values_[i]->kind == JsonKind::null)
            values_[i] = nullptr;
    }
    return std::nullopt;
}

std::uint32_t Arguments::NonNegative(std::size_t i, std::uint32_t otherwise) {
    if (!values_[i]) return otherwise;
    const auto number = TryNonNegative(i);
    if (!number) Fail(BadValue(*values_[i], "should be a non-negative integer"));
    return number.value_or(otherwise);
}

std::optional<std::uint32_t> Arguments::TryNonNegative(std::size_t i) const {
    return ReadNonNegative(*values_[i]);
}

bool Arguments::Boolean(std::size_t i, bool otherwise) {
    if (!values_[i]) return otherwise;
    const std::string_view raw = values_[i]->raw;
    if (raw == "true" || raw == "1") return true;
    if (raw == "false" || raw == "0") return false;
    Fail(BadValue(*values_[i], "should be a Boolean value"));
    return otherwise;
}

std::string_view Arguments::String(std::size_t i) {
    if (!values_[i]) return {};
    if (values_[i]->kind != JsonKind::string) Fail(BadValue(*values_[i], "should be a string"));
    return values_[i]->text;
}

index::ScriptHash Arguments::ScriptHash(std::size_t i) {
    if (values_[i]->kind == JsonKind::string)
        if (const auto hash = index::FromDisplayHex<index::ScriptHash>(values_[i]->text))
            return *hash;
    Fail(BadValue(*values_[i], "is not a valid script hash"));
    return {};
}

index::ScriptHash Arguments::Script(std::size_t i) {
    if (values_[i]->kind == JsonKind::string)
        if (const auto script = index::FromHex(values_[i]->text))
            return index::Sha256As<index::ScriptHash>(*script);
    Fail(BadValue(*values_[i], "is not a valid output script"));
    return {};
}

index::Txid Arguments::Txid(std::size_t i) {
    if (values_[i]->kind == JsonKind::string)
        if (const auto hash = index::FromDisplayHex<index::Txid>(values_[i]->text)) return *hash;
    Fail(BadValue(*values_[i], "should be a transaction hash"));
    return {};
}

}  // namespace amber::server
