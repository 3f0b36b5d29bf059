#include "server/peers/peer_row.h"

#include "server/protocol/json_writer.h"

namespace amber::server {
namespace {

constexpr std::uint32_t kDetailsMax = 10;

/// "s50002" or "s". False if the number is none.
bool ReadDetail(std::string_view detail, UsualPorts usual, PeerHost& host) {
    if (detail.empty() || (detail.front() != 's' && detail.front() != 't')) return true;
    const bool tls = detail.front() == 's';
    detail.remove_prefix(1);
    const auto port =
        detail.empty() ? std::optional(tls ? usual.ssl : usual.tcp) : ParsePort(detail);
    if (!port) return false;
    (tls ? host.ssl_port : host.tcp_port) = *port;
    return true;
}

}  // namespace

std::optional<PeerHost> ReadPeerRow(const JsonDocument& document, const JsonValue& row,
                                    UsualPorts usual) {
    if (row.kind != JsonKind::array || row.count != 3) return std::nullopt;
    const JsonValue* name = document.After(*document.First(row));
    const JsonValue* details = document.After(*name);
    if (name->kind != JsonKind::string || details->kind != JsonKind::array ||
        details->count > kDetailsMax)
        return std::nullopt;
    const auto parsed = ParseHostName(name->text);
    if (!parsed) return std::nullopt;
    PeerHost host{.name = *parsed};
    const JsonValue* each = details->count > 0 ? document.First(*details) : nullptr;
    for (std::uint32_t i = 0; i < details->count; ++i, each = document.After(*each))
        if (each->kind != JsonKind::string || !ReadDetail(each->text, usual, host))
            return std::nullopt;
    if (!host.HasPort()) return std::nullopt;
    return host;
}

std::string PeerRow(const std::string& address, const PeerHost& host, ProtocolVersion version) {
    std::string text;
    JsonWriter out(text);
    out.Raw('[').String(address).Raw(',').String(host.name);
    out.Raw(R"(,["v)").Raw(version.Text()).Raw('"');
    if (host.ssl_port != 0) out.Raw(R"(,"s)").Uint(host.ssl_port).Raw('"');
    if (host.tcp_port != 0) out.Raw(R"(,"t)").Uint(host.tcp_port).Raw('"');
    out.Raw("]]");
    return text;
}

}  // namespace amber::server
