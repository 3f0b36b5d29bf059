#include "server/methods/daemon_error.h"

#include <cstdlib>

namespace amber::server {
namespace {

constexpr int kNodeInvalidAddressOrKey = -5;

/// repr() of a Python string: single quotes unless that would need more escapes.
std::string PythonRepr(const std::string& text) {
    const bool has_single = text.find('\'') != text.npos;
    const char quote = has_single && text.find('"') == text.npos ? '"' : '\'';
    std::string repr(1, quote);
    for (const char c : text) {
        switch (c) {
            case '\n':
                repr += "\\n";
                break;
            case '\r':
                repr += "\\r";
                break;
            case '\t':
                repr += "\\t";
                break;
            default:
                if (c == quote || c == '\\') repr += '\\';
                repr += c;
        }
    }
    return repr + quote;
}

RpcError PythonStyle(int code, const std::string& message) {
    return {RpcFault::daemon, "daemon error: {'code': " + std::to_string(code) +
                                  ", 'message': " + PythonRepr(message) + "}"};
}

/// What wallets may know of our trouble with the node; the log has the rest.
const char* PublicText(index::NodeError::Kind kind) {
    using Kind = index::NodeError::Kind;
    switch (kind) {
        case Kind::unreachable:
        case Kind::unauthorized:
        case Kind::stopped:
            return "daemon error: the daemon is not reachable";
        case Kind::timeout:
            return "daemon error: the daemon did not answer in time";
        case Kind::overloaded:
            return "daemon error: the daemon is busy";
        case Kind::warming_up:
            return "daemon error: the daemon is starting";
        case Kind::malformed:
            return "daemon error: the daemon sent a malformed answer";
        case Kind::absent:
            return "this server has no node to ask: no broadcast and fees, no unconfirmed or "
                   "decoded "
                   "transactions here";
        case Kind::refused:
            break;
    }
    std::abort();
}

}  // namespace

RpcError DaemonError(const index::NodeError& error) {
    if (error.kind == index::NodeError::Kind::refused)
        return PythonStyle(error.code, error.message);
    return {RpcFault::daemon, PublicText(error.kind)};
}

RpcError UnknownTransaction() {
    return PythonStyle(
        kNodeInvalidAddressOrKey,
        "No such mempool or blockchain transaction. Use gettransaction for wallet transactions.");
}

bool IsUnknownTransaction(const index::NodeError& error) {
    return error.kind == index::NodeError::Kind::refused &&
           error.code == kNodeInvalidAddressOrKey && error.message.starts_with("No such");
}

}  // namespace amber::server
