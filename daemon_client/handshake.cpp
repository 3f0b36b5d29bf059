#include "daemon_client/handshake.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "daemon_client/json_text.h"

namespace amber::daemon_client {

using index::NodeError;
using index::NodeResult;
using Kind = index::NodeError::Kind;

namespace {

NodeResult<NodeVersion> ReadNetworkInfo(std::string_view text) {
    boost::json::error_code failed;
    const auto value = boost::json::parse({text.data(), text.size()}, failed);
    if (failed || !value.is_object()) return WrongType("getnetworkinfo", text);
    const auto* version = value.get_object().if_contains("version");
    const auto* subversion = value.get_object().if_contains("subversion");
    if (version == nullptr || !version->is_int64() || subversion == nullptr ||
        !subversion->is_string())
        return WrongType("getnetworkinfo", text);
    return NodeVersion{static_cast<int>(version->get_int64()),
                       std::string(subversion->get_string())};
}

}  // namespace

std::vector<RpcRequest> HandshakeRequests() {
    return {{"getblockhash", "[0]"}, {"getnetworkinfo"}};
}

NodeResult<NodeVersion> ReadHandshake(const index::Coin& coin, const std::string& label,
                                      std::span<const RpcResult> answers) {
    for (const RpcResult& answer : answers) {
        if (answer.has_value()) continue;
        return NodeError{Kind::malformed, 0,
                         "daemon " + label + " refuses a needed call: " + answer.error().message};
    }
    const std::string_view hash_text = *answers[0];
    const auto hash = index::FromDisplayHex<index::BlockHash>(PlainString(hash_text).value_or(""));
    if (!hash) return WrongType("getblockhash", hash_text);
    if (*hash != coin.genesis)
        return NodeError{Kind::malformed, 0,
                         "daemon " + label + " is on another network: its genesis block is " +
                             ToDisplayHex(*hash) + ", that of " + std::string(coin.name) + " " +
                             std::string(coin.network) + " is " + ToDisplayHex(coin.genesis) +
                             "; check --network and --daemon"};
    return ReadNetworkInfo(*answers[1]);
}

}  // namespace amber::daemon_client
