#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainTransactionGetConfirmedBlockhash(Call& call) {
    const index::Txid txid = call.args.Txid(0);
    const bool with_header = call.args.Boolean(1, false);
    if (auto error = call.args.Error()) return *error;

    const auto place = call.query.FindTransaction(txid);
    if (!place) return BadRequest("No confirmed transaction matching the requested hash was found");
    const auto block = call.query.GetBlockHash(place->height);
    call.out.Raw(R"({"block_hash":)").DisplayHex(block.value());
    call.out.Raw(R"(,"block_height":)").Uint(place->height.value);
    if (with_header)
        call.out.Raw(R"(,"block_header":)").Hex(call.query.GetHeader(place->height).value());
    call.out.Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
