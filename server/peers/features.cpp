#include "server/peers/features.h"

#include <algorithm>

namespace amber::server {
namespace {

using Fault = std::optional<std::string>;

/// A port that is absent, null or false is not there.
Fault ReadPort(const JsonDocument& document, const JsonValue& ports, std::string_view key,
               std::uint16_t& port) {
    const JsonValue* value = document.Member(ports, key);
    if (!value || value->kind == JsonKind::null || value->raw == "false") return std::nullopt;
    const bool text = value->kind == JsonKind::string;
    const auto read = ParsePort(text ? value->text : value->raw);
    if (!read) return std::string(key) + " is not a port";
    port = *read;
    return std::nullopt;
}

Fault ReadHosts(const JsonDocument& document, const JsonValue& object,
                std::vector<PeerHost>& hosts) {
    const JsonValue* value = document.Member(object, "hosts");
    if (!value || value->kind != JsonKind::object) return "hosts is not an object";
    if (value->count > PeerFeatures::kHostsMax) return "it has too many hosts";
    const JsonValue* each = value->count > 0 ? document.First(*value) : nullptr;
    for (std::uint32_t i = 0; i < value->count; ++i, each = document.After(*each)) {
        if (each->kind != JsonKind::object) return "the ports of a host are not an object";
        PeerHost host;
        if (auto wrong = ReadPort(document, *each, "tcp_port", host.tcp_port)) return wrong;
        if (auto wrong = ReadPort(document, *each, "ssl_port", host.ssl_port)) return wrong;
        auto name = ParseHostName(each->key);
        if (!name || !host.HasPort()) continue;
        host.name = std::move(*name);
        hosts.push_back(std::move(host));
    }
    return std::nullopt;
}

/// The string of that name; nothing if it is absent or of another kind.
std::optional<std::string_view> TextOf(const JsonDocument& document, const JsonValue& object,
                                       std::string_view key) {
    const JsonValue* value = document.Member(object, key);
    if (!value || value->kind != JsonKind::string) return std::nullopt;
    return value->text;
}

Fault ReadVersion(const JsonDocument& document, const JsonValue& object, std::string_view key,
                  ProtocolVersion& version) {
    const auto text = TextOf(document, object, key);
    const auto read = text ? ParseVersion(*text) : std::nullopt;
    if (!read) return std::string(key) + " is not a version";
    version = *read;
    return std::nullopt;
}

Fault ReadGenesis(const JsonDocument& document, const JsonValue& object,
                  index::BlockHash& genesis) {
    const auto text = TextOf(document, object, "genesis_hash");
    const auto hash = text ? index::FromDisplayHex<index::BlockHash>(*text) : std::nullopt;
    if (!hash) return "genesis_hash is not a block hash";
    genesis = *hash;
    return std::nullopt;
}

}  // namespace

const PeerHost* PeerFeatures::Find(std::string_view name) const {
    const auto found = std::ranges::find(hosts, name, &PeerHost::name);
    return found == hosts.end() ? nullptr : &*found;
}

std::optional<std::string> ReadFeatures(const JsonDocument& document, const JsonValue& value,
                                        PeerFeatures& features) {
    if (value.kind != JsonKind::object) return "features is not an object";
    if (auto wrong = ReadGenesis(document, value, features.genesis)) return wrong;
    if (auto wrong = ReadHosts(document, value, features.hosts)) return wrong;
    if (auto wrong = ReadVersion(document, value, "protocol_min", features.protocol_min))
        return wrong;
    if (auto wrong = ReadVersion(document, value, "protocol_max", features.protocol_max))
        return wrong;
    if (!NegotiateVersion(features.protocol_min, features.protocol_max))
        return "no version of the protocol in common";
    const JsonValue* hash_function = document.Member(value, "hash_function");
    if (hash_function && hash_function->text != "sha256") return "hash_function is not sha256";
    const JsonValue* pruning = document.Member(value, "pruning");
    if (pruning && pruning->kind != JsonKind::null) return "it does not have the whole chain";
    features.software = Printable(TextOf(document, value, "server_version").value_or(""),
                                  PeerFeatures::kSoftwareMax);
    return std::nullopt;
}

std::string Printable(std::string_view text, std::size_t size_max) {
    std::string printable(text.substr(0, size_max));
    std::ranges::replace_if(
        printable, [](char c) { return c < ' ' || c > '~'; }, '?');
    return printable;
}

}  // namespace amber::server
