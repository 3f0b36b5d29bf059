#pragma once
#include "server/methods/method.h"

// What is asked about one script, whether it is named by its hash or given whole. Each answer comes
// from the cache if it is there; it is the JSON text that goes out. Errors in the arguments read so
// far come first.
namespace amber::server {

/// {"confirmed","unconfirmed"}
Outcome AnswerBalance(Call& call, const index::ScriptHash& script);
/// The list of WriteHistory(); of some blocks only if arguments 1 and 2 say so: from a height, and
/// up to one that is not included (-1: to the end, mempool included).
Outcome AnswerHistory(Call& call, const index::ScriptHash& script);
Outcome AnswerMempool(Call& call, const index::ScriptHash& script);
/// The list of WriteUnspent().
Outcome AnswerUnspent(Call& call, const index::ScriptHash& script);
/// Hex, or null.
Outcome AnswerStatus(Call& call, const index::ScriptHash& script);
/// The same, and the session is told of changes.
Outcome AnswerSubscription(Call& call, const index::ScriptHash& script);

/// Writes {"name":, what `answer` writes, and }.
template <class Answer>
Outcome Wrapped(Call& call, std::string_view name, Answer&& answer) {
    call.out.Raw(R"({")").Raw(name).Raw(R"(":)");
    const Outcome outcome = answer();
    call.out.Raw('}');
    return outcome;
}

}  // namespace amber::server
