#include "server/protocol/rpc_error.h"

#include <cstdlib>
#include <stdexcept>

namespace amber::server {

int JsonRpcCode(RpcFault fault) {
    switch (fault) {  // no default: a new fault must choose its code
        case RpcFault::bad_request:
            return 1;
        case RpcFault::daemon:
            return 2;
        case RpcFault::limit:
            return 4;
        case RpcFault::history_too_large:
            return 10001;
        case RpcFault::parse:
            return -32700;
        case RpcFault::invalid_request:
            return -32600;
        case RpcFault::unknown_method:
            return -32601;
        case RpcFault::invalid_params:
            return -32602;
        case RpcFault::internal:
            return -32603;
        case RpcFault::resources:
            return -101;
        case RpcFault::busy:
            return -102;
    }
    std::abort();
}

void throw_exception_from_error(const RpcError& error, const boost::source_location&) {
    throw std::logic_error("value of a failed request taken: " + error.message);
}

}  // namespace amber::server
