#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

constexpr ProtocolVersion kNoHashFunction{{1, 7, 0}};

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

Outcome ServerFeatures(Call& call) {
    const ServerOptions& options = call.services.options;
    JsonWriter& out = call.out;
    out.Raw(R"({"hosts":{)");
    for (std::size_t i = 0; i < options.public_hosts.size(); ++i) {
        if (i != 0) out.Raw(',');
        WriteHost(out, options.public_hosts[i]);
    }
    out.Raw(R"(},"genesis_hash":)").DisplayHex(call.services.coin.genesis);
    if (call.version < kNoHashFunction) out.Raw(R"(,"hash_function":"sha256")");
    out.Raw(R"(,"server_version":)").String(options.software);
    out.Raw(R"(,"protocol_min":)").String(kProtocolMin.Text());
    out.Raw(R"(,"protocol_max":)").String(kProtocolMax.Text());
    out.Raw(R"(,"pruning":null})");
    return Step::done;
}

}  // namespace amber::server::handlers
