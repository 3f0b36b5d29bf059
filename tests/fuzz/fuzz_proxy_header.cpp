// What stands in front of a connection: the verdict on a PROXY header does not depend on how it is
// cut into pieces, nor on what follows it, and a client that it names is named again by a header
// written for him. The same bytes as X-Forwarded-For name an address or nobody.
#include <cstdlib>
#include <iostream>
#include <string>

#include "server/entrance/forwarded_for.h"
#include "server/entrance/proxy_header.h"

using namespace amber::server;
using State = ProxyHeader::State;

namespace {

void Check(bool good, const char* what) {
    if (good) return;
    std::cerr << what << '\n';
    std::abort();
}

std::string Written(const boost::asio::ip::tcp::endpoint& client) {
    const std::string address = client.address().to_string();
    const std::string port = std::to_string(client.port());
    return (client.address().is_v4() ? "PROXY TCP4 " : "PROXY TCP6 ") + address + ' ' + address +
           ' ' + port + ' ' + port + "\r\n";
}

/// As a connection reads it: a piece at a time, until there is a verdict.
ProxyHeader InPieces(std::string_view bytes, std::size_t piece) {
    ProxyHeader header;
    for (std::size_t size = 0; header.state == State::incomplete && size < bytes.size();) {
        size = std::min(size + piece, bytes.size());
        header = ReadProxyHeader(bytes.substr(0, size));
    }
    return header;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const ProxyHeader whole = ReadProxyHeader(bytes);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
        const ProxyHeader pieces = InPieces(bytes.substr(0, kProxyHeaderMax), piece);
        Check(pieces.state == whole.state, "another verdict in pieces");
        Check(pieces.client == whole.client && pieces.size == whole.size,
              "another header in pieces");
    }
    if (whole.state == State::incomplete) Check(size < kProxyHeaderMax, "never enough");
    if (whole.state == State::complete) Check(whole.size <= size, "longer than it is");
    if (whole.client) {
        const ProxyHeader again = ReadProxyHeader(Written(*whole.client));
        Check(again.client == whole.client, "not the same when written again");
    }
    const std::vector<Subnet> trusted = {Subnet({}, 8)};
    if (const auto client = ForwardedFor(bytes, trusted))
        Check(!AnyContains(trusted, *client), "a proxy taken for a client");
    return 0;
}
