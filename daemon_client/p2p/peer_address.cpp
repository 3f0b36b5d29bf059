#include "daemon_client/p2p/peer_address.h"

#include <charconv>
#include <stdexcept>

namespace amber::daemon_client {

std::string PeerAddress::Label() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

PeerAddress ParsePeerAddress(std::string_view text, std::uint16_t default_port) {
    const auto fail = [&](const char* why) {
        throw std::invalid_argument("peer " + std::string(text) + ": " + why +
                                    " (expected host:port)");
    };
    PeerAddress address{{}, default_port};
    std::string_view rest = text;
    if (rest.starts_with('[')) {
        const std::size_t close = rest.find(']');
        if (close == std::string_view::npos) fail("'[' without ']'");
        address.host = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
    } else {
        address.host = rest.substr(0, rest.find(':'));
        rest.remove_prefix(address.host.size());
    }
    if (address.host.empty()) fail("the host is missing");
    if (address.host.find_first_of(" /@") != std::string::npos)
        fail("the host contains a character it cannot have");
    if (rest.empty()) return address;
    if (rest.front() != ':') fail("after ']' only a port may follow");
    rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), address.port);
    if (error != std::errc{} || end != rest.data() + rest.size() || address.port == 0)
        fail("the port is not a number from 1 to 65535");
    return address;
}

}  // namespace amber::daemon_client
