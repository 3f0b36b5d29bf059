#pragma once
#include <string>
#include <string_view>

#include "server/protocol/rpc_error.h"

// The envelopes of JSON-RPC 2.0 answers, appended to `out` without a newline. `id` is JSON text.
// 1.0 clients read the same objects (protocol.md 2).
namespace amber::server {

/// After this the result's JSON text is written, then EndAnswer().
void BeginAnswer(std::string& out, std::string_view id);
void EndAnswer(std::string& out);
void AppendAnswer(std::string& out, std::string_view id, std::string_view result);
void AppendError(std::string& out, std::string_view id, const RpcError& error);

/// `params` is the text of a JSON array. Ends with a newline.
void AppendNotification(std::string& out, std::string_view method, std::string_view params);

}  // namespace amber::server
