#pragma once
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace amber::index {

/// Why the node could not be asked, or would not answer. Nothing here is fatal to Amber.
struct NodeError {
    enum class Kind {
        unreachable,   ///< refused, reset, name not found
        timeout,       ///< no whole answer within the limit
        unauthorized,  ///< HTTP 401 or 403: wrong password, cookie, or address not allowed
        overloaded,    ///< HTTP 503, or 500 with "Work queue depth exceeded"
        warming_up,    ///< JSON-RPC -28
        malformed,     ///< the answer is truncated, not JSON, or of the wrong type
        refused,       ///< an RPC error object: `code` and `message` are the node's own
        stopped,       ///< we are shutting down
        absent,        ///< there is nobody to ask: we follow the chain without a node's RPC
    };
    Kind kind = Kind::unreachable;
    int code = 0;         ///< the node's RPC error code; 0 unless kind is `refused`
    std::string message;  ///< names the node and what to do; for `refused`, the node's text alone
};

[[noreturn]] inline void throw_exception_from_error(const NodeError& error,
                                                    const boost::source_location&) {
    throw std::runtime_error(error.message);
}

template <class T>
using NodeResult = boost::system::result<T, NodeError>;

}  // namespace amber::index
