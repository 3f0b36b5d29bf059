#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainScripthashListunspent(Call& call) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    const auto unspent = call.query.ListUnspent(script, call.services.UnspentLimit());
    if (!unspent) return HistoryTooLarge();
    char separator = '[';
    for (const index::Unspent& output : *unspent) {
        call.out.Raw(separator)
            .Raw(R"({"height":)")
            .Uint(output.height)
            .Raw(R"(,"tx_hash":)")
            .DisplayHex(output.txid)
            .Raw(R"(,"tx_pos":)")
            .Uint(output.index)
            .Raw(R"(,"value":)")
            .Int(output.value)
            .Raw('}');
        separator = ',';
    }
    call.out.Raw(unspent->empty() ? "[]" : "]");
    return Step::done;
}

}  // namespace amber::server::handlers
