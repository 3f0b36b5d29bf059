#pragma once
#include <optional>
#include <string_view>

#include "server/protocol/json_document.h"
#include "server/protocol/rpc_error.h"

namespace amber::server {

/// One JSON-RPC request of either dialect. Views live as long as the message and its document.
struct Request {
    std::string_view id;  ///< as the client wrote it, so that it can be echoed; empty: none given
    std::string_view method;
    const JsonValue* params = nullptr;  ///< an array or object; null if absent

    /// A request without an id is never answered.
    [[nodiscard]] bool IsNotification() const { return id.empty(); }
};

/// Longest id that is echoed; a longer one makes the request invalid.
inline constexpr std::size_t kMaxIdBytes = 4096;

/// Reads `value` as a request. On an error `request.id` is what the error answer must carry:
/// the id if it could be read, else "null". Any "jsonrpc" member is accepted, or none.
std::optional<RpcError> ReadRequest(const JsonDocument& document, const JsonValue& value,
                                    Request& request);

}  // namespace amber::server
