#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {
namespace {

RpcError NotInBlock(const index::Txid& txid, std::optional<index::Height> height) {
    if (!height) return BadRequest("tx " + ToDisplayHex(txid) + " not in any block");
    return BadRequest("tx " + ToDisplayHex(txid) + " not in block at height " +
                      std::to_string(height->value));
}

}  // namespace

Outcome BlockchainTransactionGetMerkle(Call& call) {
    const index::Txid txid = call.args.Txid(0);
    std::optional<index::Height> height;
    if (call.args.Get(1)) height = index::Height{call.args.NonNegative(1)};
    if (auto error = call.args.Error()) return *error;

    if (height && *height > call.served.view->tip.height) return HeightOutOfRange(height->value);
    const auto proof = call.query.ProveTransaction(txid, height);
    if (!proof) return NotInBlock(txid, height);
    call.out.Raw(R"({"block_height":)").Uint(proof->place.height.value).Raw(R"(,"merkle":)");
    WriteBranch(call.out, proof->branch);
    call.out.Raw(R"(,"pos":)").Uint(proof->place.position).Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
