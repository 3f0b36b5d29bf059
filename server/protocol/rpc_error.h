#pragma once
#include <boost/system/result.hpp>
#include <string>

namespace amber::server {

/// What can be wrong with a request. JsonRpcCode() gives the numbers wallets see.
enum class RpcFault {
    bad_request,        ///< a value that makes no sense, a refused transaction, no common version
    daemon,             ///< the node answered with an error, or not at all
    limit,              ///< a bound on batches or subscriptions
    history_too_large,  ///< the message must be exactly kHistoryTooLarge
    parse,              ///< not JSON, or not UTF-8
    invalid_request,    ///< JSON, but no request; also an answer that would be too large
    unknown_method,
    invalid_params,  ///< wrong number or names of arguments
    internal,
    resources,  ///< the session is closed because it costs too much memory
    busy,
};

int JsonRpcCode(RpcFault fault);

/// Wallets up to Electrum 4.8.1 compare with this text.
inline constexpr const char* kHistoryTooLarge = "history too large";

struct RpcError {
    RpcFault fault = RpcFault::internal;
    std::string message;
};

[[noreturn]] void throw_exception_from_error(const RpcError& error,
                                             const boost::source_location& where);

/// The JSON text of a result, or why there is none.
using ReplyText = boost::system::result<std::string, RpcError>;

}  // namespace amber::server
