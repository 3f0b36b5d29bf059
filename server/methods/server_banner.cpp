#include "server/methods/handlers.h"
#include "server/methods/through_tor.h"

namespace amber::server::handlers {
namespace {

void ReplaceAll(std::string& text, std::string_view name, std::string_view value) {
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at)) {
        text.replace(at, name.size(), value);
        at += value.size();
    }
}

/// 290400 -> "29.4.0", as the node counts since version 22.
std::string NodeVersionText(int version) {
    return std::to_string(version / 10'000) + '.' + std::to_string(version / 100 % 100) + '.' +
           std::to_string(version % 100);
}

}  // namespace

Outcome ServerBanner(Call& call) {
    const ServerOptions& options = call.services.options;
    const bool tor = call.services.tor_banner.IsFile() && ThroughTor(call);
    std::string banner = *(tor ? call.services.tor_banner : call.services.banner).Text();
    if (banner.find('$') != banner.npos) {
        const auto node = call.services.node.LastSeenSoftware();
        const auto space = options.software.find(' ');
        const std::string number =
            space == std::string::npos ? options.software : options.software.substr(space + 1);
        ReplaceAll(banner, "$SERVER_VERSION", number);
        ReplaceAll(banner, "$SERVER_SUBVERSION", options.software);
        ReplaceAll(banner, "$DAEMON_VERSION", NodeVersionText(node.version));
        ReplaceAll(banner, "$DAEMON_SUBVERSION", node.subversion);
        ReplaceAll(banner, "$DONATION_ADDRESS", options.donation_address);
    }
    call.out.String(banner);
    return Step::done;
}

}  // namespace amber::server::handlers
