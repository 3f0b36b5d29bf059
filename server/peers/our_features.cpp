#include "server/peers/our_features.h"

#include <algorithm>

#include "server/protocol/json_writer.h"
#include "server/protocol/version.h"

namespace amber::server {
namespace {

/// JSON objects have each key once.
std::vector<PublicHost> Merged(const std::vector<PublicHost>& hosts) {
    std::vector<PublicHost> merged;
    for (const PublicHost& host : hosts) {
        auto same = std::ranges::find(merged, host.name, &PublicHost::name);
        if (same == merged.end()) {
            merged.push_back(host);
            continue;
        }
        for (const auto port : {&PublicHost::tcp_port, &PublicHost::ssl_port, &PublicHost::ws_port,
                                &PublicHost::wss_port})
            if ((*same).*port == 0) (*same).*port = host.*port;
    }
    return merged;
}

void WriteHost(JsonWriter& out, const PublicHost& host) {
    out.String(host.name).Raw(":{");
    const char* separator = "";
    const auto port = [&](std::string_view key, std::uint16_t value) {
        if (value == 0) return;
        out.Raw(separator).String(key).Raw(':').Uint(value);
        separator = ",";
    };
    port("tcp_port", host.tcp_port);
    port("ssl_port", host.ssl_port);
    port("ws_port", host.ws_port);
    port("wss_port", host.wss_port);
    out.Raw('}');
}

}  // namespace

std::string FeaturesText(const std::vector<PublicHost>& hosts, const index::BlockHash& genesis,
                         const std::string& software, bool hash_function) {
    std::string text;
    JsonWriter out(text);
    out.Raw(R"({"hosts":{)");
    const char* separator = "";
    for (const PublicHost& host : Merged(hosts)) {
        out.Raw(separator);
        WriteHost(out, host);
        separator = ",";
    }
    out.Raw(R"(},"genesis_hash":)").DisplayHex(genesis);
    if (hash_function) out.Raw(R"(,"hash_function":"sha256")");
    out.Raw(R"(,"server_version":)").String(software);
    out.Raw(R"(,"protocol_min":)").String(kProtocolMin.Text());
    out.Raw(R"(,"protocol_max":)").String(kProtocolMax.Text());
    out.Raw(R"(,"pruning":null})");
    return text;
}

std::vector<PeerHost> PeerHostsOf(const std::vector<PublicHost>& hosts) {
    std::vector<PeerHost> ours;
    for (const PublicHost& host : Merged(hosts)) {
        const auto name = ParseHostName(host.name);
        if (name && (host.tcp_port != 0 || host.ssl_port != 0))
            ours.push_back({*name, host.tcp_port, host.ssl_port});
    }
    return ours;
}

std::vector<PeerHost> PublicPeerHostsOf(const std::vector<PublicHost>& hosts) {
    auto ours = PeerHostsOf(hosts);
    std::erase_if(ours, [](const PeerHost& host) { return !IsPublicName(host.name); });
    return ours;
}

}  // namespace amber::server
