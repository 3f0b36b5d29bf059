#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string_view>

namespace amber::server {

/// What a proxy says in front of a connection's own bytes: the PROXY protocol of HAProxy
/// (doc/proxy-protocol.txt), versions 1 (a line of text) and 2 (binary). What version 2 may add
/// behind the addresses (TLVs) is passed over.
struct ProxyHeader {
    enum class State {
        complete,
        incomplete,  ///< all bytes belong to the header, and more must follow
        absent,      ///< what stands there is no header, from its first byte on
        malformed,
    };
    State state = State::incomplete;
    std::size_t size = 0;  ///< of the header, when it is complete
    /// Who the proxy speaks for. Nothing if it speaks for itself (health checks), or if the client
    /// did not reach it by TCP.
    std::optional<boost::asio::ip::tcp::endpoint> client;
};

/// No header of more bytes is taken.
inline constexpr std::size_t kProxyHeaderMax = 4096;

/// Reads the header at the start of `bytes`.
ProxyHeader ReadProxyHeader(std::string_view bytes);

}  // namespace amber::server
