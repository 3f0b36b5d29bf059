#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "index/chain/hash.h"
#include "server/protocol/request.h"

namespace amber::server {

/// One parameter as documented: by place in an array, by name in an object.
struct Parameter {
    std::string_view name;
    bool required = true;
};

/// The values given for a method's parameters, checked one by one as the method reads them.
/// The first bad value is remembered and later reads give defaults, so a method reads all of its
/// arguments and then asks for Error() once. Texts are those of ElectrumX (protocol.md 2).
class Arguments {
public:
    static constexpr std::size_t kMax = 4;

    /// Puts the request's params in the order of `parameters`. With `ignore_extra`, superfluous
    /// ones are not an error.
    std::optional<RpcError> Bind(const JsonDocument& document, const Request& request,
                                 std::span<const Parameter> parameters, bool ignore_extra);

    /// Null if not given; an explicit null for an optional parameter counts as not given.
    [[nodiscard]] const JsonValue* Get(std::size_t i) const { return values_[i]; }
    [[nodiscard]] const JsonDocument& Document() const { return *document_; }

    /// Integers, also as strings of digits. Values above 2^32-1 read as 2^32-1, which is above
    /// every height and count there is.
    std::uint32_t NonNegative(std::size_t i, std::uint32_t otherwise = 0);
    /// The same without a complaint. Precondition: it is given.
    [[nodiscard]] std::optional<std::uint32_t> TryNonNegative(std::size_t i) const;
    bool Boolean(std::size_t i, bool otherwise);
    std::string_view String(std::size_t i);
    index::ScriptHash ScriptHash(std::size_t i);
    /// An output script in hex; its hash.
    index::ScriptHash Script(std::size_t i);
    index::Txid Txid(std::size_t i);

    void Fail(RpcError error) {
        if (!error_) error_ = std::move(error);
    }
    /// The first thing found wrong.
    [[nodiscard]] std::optional<RpcError> Error() { return std::move(error_); }

private:
    const JsonDocument* document_ = nullptr;
    std::array<const JsonValue*, kMax> values_{};
    std::optional<RpcError> error_;
};

/// How a value is quoted in an error message: its content, shortened.
std::string Quote(const JsonValue& value);
/// How a name in a request is, in quotes.
std::string QuoteName(std::string_view name);

}  // namespace amber::server
