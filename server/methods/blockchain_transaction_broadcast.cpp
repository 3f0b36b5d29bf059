#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

RpcError Rejected(const std::string& why) {
    return BadRequest("the transaction was rejected by network rules.\n\n" + why);
}

bool IsHex(std::string_view text) {
    return !text.empty() && text.size() % 2 == 0 &&
           text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

}  // namespace

Outcome BlockchainTransactionBroadcast(Call& call) {
    const std::string_view raw_tx = call.args.String(0);
    if (auto error = call.args.Error()) return *error;
    // The node's own words for this, without troubling it.
    if (!IsHex(raw_tx))
        return Rejected("TX decode failed. Make sure the tx has at least one input.");

    const auto on_sent = [services = call.services.shared_from_this(),
                          reply = call.Defer()](const index::NodeResult<std::string>& sent) {
        if (!sent) {
            if (sent.error().kind == index::NodeError::Kind::refused)
                return reply(Rejected(sent.error().message));
            return reply(DaemonError(sent.error()));
        }
        services->txs_sent.fetch_add(1, std::memory_order_relaxed);
        if (const auto txid = index::FromDisplayHex<index::Txid>(*sent))
            services->on_node_event({index::NodeEvent::Kind::tx_added, *txid});
        std::string text;
        JsonWriter(text).String(*sent);
        reply(std::move(text));
    };
    call.services.node.Broadcast(std::string(raw_tx), on_sent);
    return Step::deferred;
}

}  // namespace amber::server::handlers
