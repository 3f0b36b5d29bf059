#pragma once
#include "server/methods/answer_cache.h"
#include "server/methods/method.h"

namespace amber::server {

/// The frame of every method whose answer follows from one script, its first parameter: the answer
/// comes from the cache, if there is one, or from `compute`, Outcome(const ScriptHash&), which
/// writes it to `call.out`. Errors are not kept.
template <class Compute>
Outcome AnswerByScript(Call& call, AnswerKind kind, Compute&& compute) {
    const index::ScriptHash script = call.args.ScriptHash(0);
    if (auto error = call.args.Error()) return *error;
    const index::HashX name = index::ToHashX(script);
    if (call.answers) {
        if (const auto kept = call.answers->Find(name, kind)) {
            call.out.Raw(*kept);
            return Step::done;
        }
    }
    const std::size_t start = call.out.Size();
    const Outcome outcome = compute(script);
    if (call.answers && outcome) call.answers->Keep(name, kind, call.out.TextSince(start));
    return outcome;
}

}  // namespace amber::server
