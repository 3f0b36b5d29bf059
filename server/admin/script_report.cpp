#include "server/admin/script_report.h"

#include "index/chain/address.h"
#include "index/chain/sha256.h"
#include "server/methods/shapes.h"

namespace amber::server {

std::optional<index::ScriptHash> ReadScript(std::string_view text, const index::Coin& coin) {
    if (auto script = index::ScriptOfAddress(text, coin.addresses))
        return index::Sha256As<index::ScriptHash>(*script);
    if (auto hash = index::FromDisplayHex<index::ScriptHash>(text)) return hash;
    if (auto script = index::FromHex(text)) return index::Sha256As<index::ScriptHash>(*script);
    return std::nullopt;
}

void WriteScriptReport(JsonWriter& out, std::string_view text, const index::ScriptHash& script,
                       index::Query& query, std::size_t limit) {
    const index::Balance balance = query.GetBalance(script);
    out.Raw(R"({"item":)").String(text).Raw(R"(,"scripthash":)").DisplayHex(script);
    out.Raw(R"(,"balance":{"confirmed":)").Int(balance.confirmed);
    out.Raw(R"(,"unconfirmed":)").Int(balance.unconfirmed);
    out.Raw(R"(},"unspent":)");
    if (const auto unspent = query.ListUnspent(script, limit))
        WriteUnspent(out, *unspent);
    else
        out.String("more than the limit");
    out.Raw(R"(,"history":)");
    if (!WriteHistory(out, query, script, {}, limit)) out.String("more than the limit");
    out.Raw('}');
}

}  // namespace amber::server
