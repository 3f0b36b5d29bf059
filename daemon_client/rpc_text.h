#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/ports/node_error.h"

// The text of JSON-RPC 1.0 exchanges as Bitcoin Core speaks it; no sockets.
namespace amber::daemon_client {

struct RpcRequest {
    std::string method;
    std::string params = "[]";  ///< JSON array
};

/// The text of `result`, unparsed; or the node's error object. Refers to the answer's body.
using RpcResult = index::NodeResult<std::string_view>;

/// One request as an object, several as a batch, with ids first_id, first_id + 1, ...
std::string WriteRpcRequests(std::span<const RpcRequest> requests, std::uint64_t first_id);

/// The results of `count` requests in the order they were asked, whatever the order of the answer.
/// `daemon` names the node in errors. The whole fails for HTTP errors (401, 403, 503, ...), a node
/// that is warming up, and text that is not the answer to these requests.
index::NodeResult<std::vector<RpcResult>> ReadRpcAnswer(int http_status, std::string_view body,
                                                        std::size_t count, std::uint64_t first_id,
                                                        const std::string& daemon);

/// For a result that is well-formed but not what the method should give.
index::NodeError WrongType(std::string_view method, std::string_view result);

}  // namespace amber::daemon_client
