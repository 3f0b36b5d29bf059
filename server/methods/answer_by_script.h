#pragma once
#include "server/methods/answer_cache.h"
#include "server/methods/method.h"

namespace amber::server {

/// The frame of every method whose answer follows from one script, its first parameter: the answer
/// comes from the cache, or from `compute`, Outcome(const ScriptHash&), which
/// writes it to `call.out`. Errors are not kept.
template <class Compute>
Outcome AnswerByScript(Call& call, AnswerKind kind, Compute&& compute) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    const index::HashX name = index::ToHashX(script);
    const std::uint64_t serial = call.served.view->serial;
    AnswerCache& answers = call.services.answers;
    if (answers.Find(serial, name, kind, call.out)) return Step::done;
    const std::size_t start = call.out.Size();
    const Outcome outcome = compute(script);
    if (outcome) answers.Keep(serial, name, kind, call.out.TextSince(start));
    return outcome;
}

}  // namespace amber::server
