#include "index/chain/hex.h"
#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {
namespace {

/// {["confirmed_height",]"scripthash","value"}
ReplyText Describe(const index::Codec& codec, const std::string& raw_tx, std::uint32_t index,
                   std::optional<index::Height> height) {
    const index::Bytes bytes = index::FromHex(raw_tx).value_or(index::Bytes());
    const auto tx = codec.ParseTransaction(bytes);
    if (!tx || index >= tx->outputs.size())
        return DaemonError({index::NodeError::Kind::malformed, 0, {}});
    std::string text;
    JsonWriter out(text);
    out.Raw('{');
    if (height) out.Raw(R"("confirmed_height":)").Uint(height->value).Raw(',');
    out.Raw(R"("scripthash":)").DisplayHex(tx->outputs[index].script_hash);
    out.Raw(R"(,"value":)").Int(tx->outputs[index].value).Raw('}');
    return text;
}

}  // namespace

Outcome BlockchainUtxoGetInfo(Call& call) {
    const index::OutPoint outpoint = ReadOutpoint(call.args);
    if (auto error = call.args.Error()) return *error;
    const index::OutpointStatus status = call.query.GetOutpoint(outpoint);
    if (!status.funder_height || status.spender) {
        call.out.Raw("null");
        return Step::done;
    }
    // The tables have the value, but of the script only a part of its hash.
    std::optional<index::WalletNode::Place> place;
    std::optional<index::Height> height;
    if (const auto found = call.query.FindTransaction(outpoint.txid)) {
        height = found->height;
        place = {call.query.GetBlockHash(found->height).value(), found->position};
    }
    call.services.node.RawTransaction(
        outpoint.txid, place,
        [&codec = *call.services.coin.codec, height, index = outpoint.index,
         reply = call.Defer()](const index::NodeResult<std::string>& raw_tx) {
            if (!raw_tx) return reply(DaemonError(raw_tx.error()));
            reply(Describe(codec, *raw_tx, index, height));
        });
    return Step::deferred;
}

}  // namespace amber::server::handlers
