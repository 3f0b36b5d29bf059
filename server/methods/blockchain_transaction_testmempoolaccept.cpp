#include <boost/json.hpp>

#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {
namespace {

namespace json = boost::json;

/// Why the node would refuse a transaction: the most telling of its words.
const json::value* ReasonOf(const json::object& result) {
    for (const char* name : {"package-error", "reject-details", "reject-reason"})
        if (const json::value* reason = result.if_contains(name); reason && reason->is_string())
            return reason;
    return nullptr;
}

void WriteResult(JsonWriter& out, const json::object& result) {
    char separator = '{';
    const auto member = [&](std::string_view name, const json::value* value) {
        if (!value) return;
        out.Raw(separator).String(name).Raw(':').Raw(json::serialize(*value));
        separator = ',';
    };
    member("txid", result.if_contains("txid"));
    member("wtxid", result.if_contains("wtxid"));
    member("allowed", result.if_contains("allowed"));
    member("reason", ReasonOf(result));
    out.Raw(separator == '{' ? "{}" : "}");
}

/// [{"txid","wtxid"[,"allowed"][,"reason"]}, ...] from the node's answer.
ReplyText Reduce(const std::string& node_answer) {
    boost::system::error_code failed;
    const json::value parsed = json::parse(node_answer, failed);
    std::string text;
    JsonWriter out(text);
    char separator = '[';
    if (failed || !parsed.is_array())
        return DaemonError({index::NodeError::Kind::malformed, 0, {}});
    for (const json::value& result : parsed.get_array()) {
        if (!result.is_object()) return DaemonError({index::NodeError::Kind::malformed, 0, {}});
        out.Raw(separator);
        WriteResult(out, result.get_object());
        separator = ',';
    }
    out.Raw(separator == '[' ? "[]" : "]");
    return text;
}

}  // namespace

Outcome BlockchainTransactionTestmempoolaccept(Call& call) {
    std::vector<std::string> raw_txs = ReadRawTxs(call.args, 0);
    if (auto error = call.args.Error()) return *error;
    call.services.node.TestAccept(
        std::move(raw_txs), [reply = call.Defer()](const index::NodeResult<std::string>& tested) {
            if (!tested) return reply(DaemonError(tested.error()));
            reply(Reduce(*tested));
        });
    return Step::deferred;
}

}  // namespace amber::server::handlers
