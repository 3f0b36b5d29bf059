#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "index/chain/coin.h"
#include "index/query/query.h"
#include "server/protocol/json_writer.h"

namespace amber::server {

/// The script an operator means: an address, a script in hex, or a script hash (64 digits).
std::optional<index::ScriptHash> ReadScript(std::string_view text, const index::Coin& coin);

/// Balance, unspent outputs and history of a script, at most `limit` of each.
void WriteScriptReport(JsonWriter& out, std::string_view text, const index::ScriptHash& script,
                       index::Query& query, std::size_t limit);

}  // namespace amber::server
