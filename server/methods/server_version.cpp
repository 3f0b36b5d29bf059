#include "server/methods/handlers.h"
#include "server/protocol/utf8.h"

namespace amber::server::handlers {
namespace {

constexpr std::size_t kMaxClientName = 80;

struct VersionRange {
    ProtocolVersion min, max;
};

std::optional<ProtocolVersion> ReadVersion(const JsonValue& value) {
    if (value.kind != JsonKind::string) return std::nullopt;
    return ParseVersion(value.text);
}

/// "1.4" means exactly that; ["1.4", "1.6"] is a range; none given means 1.4.
std::optional<VersionRange> ReadRange(const Arguments& args, std::size_t i) {
    const JsonValue* value = args.Get(i);
    if (!value) return VersionRange{kProtocolMin, kProtocolMin};
    if (value->kind != JsonKind::array) {
        const auto version = ReadVersion(*value);
        if (!version) return std::nullopt;
        return VersionRange{*version, *version};
    }
    if (value->count != 2) return std::nullopt;
    const JsonValue* first = args.Document().First(*value);
    const auto min = ReadVersion(*first);
    const auto max = ReadVersion(*args.Document().After(*first));
    if (!min || !max) return std::nullopt;
    return VersionRange{*min, *max};
}

std::string ReadClientName(const Arguments& args, std::size_t i) {
    const JsonValue* value = args.Get(i);
    if (!value || value->kind != JsonKind::string) return {};
    return std::string(Utf8Prefix(value->text, kMaxClientName));
}

}  // namespace

Outcome ServerVersion(Call& call) {
    if (call.client->HasNegotiated()) return BadRequest("server.version already sent");
    const auto range = ReadRange(call.args, 1);
    const auto version =
        range ? NegotiateVersion(range->min, range->max) : std::optional<ProtocolVersion>();
    if (!version) {
        call.client->CloseAfterAnswer();
        return BadRequest("unsupported protocol version: " + Quote(*call.args.Get(1)));
    }
    call.client->Negotiate(*version, ReadClientName(call.args, 0));
    call.out.Raw('[').String(call.services.options.software).Raw(',');
    call.out.String(version->Text()).Raw(']');
    return Step::done;
}

}  // namespace amber::server::handlers
