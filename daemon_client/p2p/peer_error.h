#pragma once
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace amber::daemon_client {

/// Why a peer did not answer, or is one no more.
struct PeerError {
    enum class Kind {
        unreachable,    ///< refused, reset, name not found
        timeout,        ///< no answer, or no whole handshake, in time
        wrong_network,  ///< its messages begin with another magic
        unsuitable,     ///< too old, or does not serve blocks
        self,           ///< it is this process
        malformed,      ///< it sent what is no message, or what the protocol forbids
        missing,        ///< it has nothing of what was asked for
        overloaded,     ///< too many requests wait for it already
        closed,         ///< it ended the connection
        stopped,        ///< we did
    };
    Kind kind = Kind::closed;
    std::string message;  ///< names the peer and what happened
};

[[noreturn]] inline void throw_exception_from_error(const PeerError& error,
                                                    const boost::source_location&) {
    throw std::runtime_error(error.message);
}

template <class T>
using PeerResult = boost::system::result<T, PeerError>;

}  // namespace amber::daemon_client
