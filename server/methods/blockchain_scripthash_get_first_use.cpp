#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashGetFirstUse(Call& call) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;

    const auto first = call.query.GetFirstUse(script);
    if (!first) {
        call.out.Raw("null");
        return Step::done;
    }
    // Of the mempool: height 0 and a hash of zeros.
    const index::Height height{first->confirmed ? static_cast<std::uint32_t>(first->height) : 0};
    index::BlockHash block;
    if (first->confirmed) block = call.query.GetBlockHash(height).value();
    call.out.Raw(R"({"block_hash":)").DisplayHex(block);
    call.out.Raw(R"(,"block_height":)").Uint(height.value);
    call.out.Raw(R"(,"height":)").Uint(height.value);
    call.out.Raw(R"(,"tx_hash":)").DisplayHex(first->txid).Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
