#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainTransactionIdFromPos(Call& call) {
    const index::TxPlace place{index::Height{call.args.NonNegative(0)}, call.args.NonNegative(1)};
    const bool merkle = call.args.Boolean(2, false);
    if (auto error = call.args.Error()) return *error;

    if (place.height > call.served.view->tip.height) return HeightOutOfRange(place.height.value);
    const auto txid = call.query.GetTxid(place);
    if (!txid)
        return BadRequest("no tx at position " + std::to_string(place.position) +
                          " in block at height " + std::to_string(place.height.value));
    if (!merkle) {
        call.out.DisplayHex(*txid);
        return Step::done;
    }
    const auto branch = call.query.GetBranch(place);
    call.out.Raw(R"({"tx_hash":)").DisplayHex(*txid).Raw(R"(,"merkle":)");
    WriteBranch(call.out, branch.value());
    call.out.Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
