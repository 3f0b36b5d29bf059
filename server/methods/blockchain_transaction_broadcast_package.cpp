#include <boost/json.hpp>

#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {
namespace {

namespace json = boost::json;

constexpr int kNodeMethodNotFound = -32601;

RpcError Rejected(const std::string& why) {
    return BadRequest("the tx package was rejected by network rules.\n\n" + why);
}

/// Text of a member; "" if it is absent or no string.
std::string_view TextOf(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (!value || !value->is_string()) return {};
    return value->get_string();
}

/// {"success":bool[,"errors":[{"txid","error"}]]} from the node's answer.
ReplyText Summarize(const std::string& node_answer) {
    boost::system::error_code failed;
    const json::value parsed = json::parse(node_answer, failed);
    if (failed || !parsed.is_object())
        return DaemonError({index::NodeError::Kind::malformed, 0, {}});
    const json::object& answer = parsed.get_object();

    std::string text;
    JsonWriter out(text);
    out.Raw(R"({"success":)").Bool(TextOf(answer, "package_msg") == "success");
    const json::value* results = answer.if_contains("tx-results");
    bool any = false;
    if (results && results->is_object()) {
        for (const auto& [wtxid, result] : results->get_object()) {
            if (!result.is_object() || !result.get_object().contains("error")) continue;
            out.Raw(any ? "," : R"(,"errors":[)");
            out.Raw(R"({"txid":)").String(TextOf(result.get_object(), "txid"));
            out.Raw(R"(,"error":)").String(TextOf(result.get_object(), "error")).Raw('}');
            any = true;
        }
    }
    out.Raw(any ? "]}" : "}");
    return text;
}

/// Has the mempool view look at what was accepted.
void TellIndexer(Services& services) {
    services.on_node_event({index::NodeEvent::Kind::mempool_changed, {}});
}

}  // namespace

Outcome BlockchainTransactionBroadcastPackage(Call& call) {
    std::vector<std::string> raw_txs = ReadRawTxs(call.args, 0);
    const bool verbose = call.args.Boolean(1, false);
    if (auto error = call.args.Error()) return *error;

    const auto on_sent = [services = call.services.shared_from_this(), verbose,
                          reply = call.Defer()](const index::NodeResult<std::string>& sent) {
        if (sent) {
            TellIndexer(*services);
            return reply(verbose ? ReplyText(*sent) : Summarize(*sent));
        }
        const index::NodeError& error = sent.error();
        if (error.kind != index::NodeError::Kind::refused) return reply(DaemonError(error));
        if (error.code == kNodeMethodNotFound)
            return reply(RpcError{RpcFault::unknown_method,
                                  "broadcast_package is only available on a Bitcoin Core or "
                                  "Bitcoin Knots node of version 28 or later"});
        reply(Rejected(error.message));
    };
    call.services.node.BroadcastPackage(std::move(raw_txs), on_sent);
    return Step::deferred;
}

}  // namespace amber::server::handlers
