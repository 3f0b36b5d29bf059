#include "server/methods/script_answers.h"

#include "server/methods/shapes.h"

namespace amber::server {
namespace {

/// From the cache, or by `compute`, Outcome(), which writes the answer to call.out.
template <class Compute>
Outcome FromCacheOr(Call& call, const index::ScriptHash& script, AnswerKind kind,
                    Compute&& compute) {
    if (auto error = call.args.Error()) return *error;
    const index::HashX name = index::ToHashX(script);
    const std::uint64_t serial = call.served.view->serial;
    AnswerCache& answers = call.services.answers;
    if (answers.Find(serial, name, kind, call.out)) return Step::done;
    const std::size_t start = call.out.Size();
    const Outcome outcome = compute();
    if (outcome) answers.Keep(serial, name, kind, call.out.TextSince(start));
    return outcome;
}

RpcError BadHeight(const char* name, const char* wanted) {
    return {RpcFault::invalid_params, std::string(name) + " should be " + wanted};
}

index::HistoryRange ReadRange(Arguments& args) {
    index::HistoryRange range;
    if (args.Get(1)) {
        const auto from = args.TryNonNegative(1);
        if (!from) args.Fail(BadHeight("from_height", "a non-negative integer"));
        range.begin = {from.value_or(0)};
    }
    if (args.Get(2) && args.Get(2)->raw != "-1") {
        const auto to = args.TryNonNegative(2);
        if (!to) args.Fail(BadHeight("to_height", "-1 or a non-negative integer"));
        range.end = index::Height{to.value_or(0)};
    }
    return range;
}

Outcome ComputeHistory(Call& call, const index::ScriptHash& script,
                       const index::HistoryRange& range) {
    if (!WriteHistory(call.out, call.query, script, range, call.services.HistoryLimit()))
        return HistoryTooLarge();
    return Step::done;
}

}  // namespace

Outcome AnswerBalance(Call& call, const index::ScriptHash& script) {
    return FromCacheOr(call, script, AnswerKind::balance, [&]() -> Outcome {
        const index::Balance balance = call.query.GetBalance(script);
        call.out.Raw(R"({"confirmed":)").Int(balance.confirmed);
        call.out.Raw(R"(,"unconfirmed":)").Int(balance.unconfirmed).Raw('}');
        return Step::done;
    });
}

Outcome AnswerHistory(Call& call, const index::ScriptHash& script) {
    const index::HistoryRange range = ReadRange(call.args);
    if (range.begin.value == 0 && !range.end)
        return FromCacheOr(call, script, AnswerKind::history,
                           [&] { return ComputeHistory(call, script, range); });
    if (auto error = call.args.Error()) return *error;
    return ComputeHistory(call, script, range);
}

Outcome AnswerMempool(Call& call, const index::ScriptHash& script) {
    return FromCacheOr(call, script, AnswerKind::mempool, [&]() -> Outcome {
        HistoryWriter writer(call.out);
        for (const index::HistoryEntry& entry : call.query.GetMempool(script)) writer.Add(entry);
        writer.End();
        return Step::done;
    });
}

Outcome AnswerUnspent(Call& call, const index::ScriptHash& script) {
    return FromCacheOr(call, script, AnswerKind::unspent, [&]() -> Outcome {
        const auto unspent = call.query.ListUnspent(script, call.services.UnspentLimit());
        if (!unspent) return HistoryTooLarge();
        WriteUnspent(call.out, *unspent);
        return Step::done;
    });
}

Outcome AnswerStatus(Call& call, const index::ScriptHash& script) {
    return FromCacheOr(call, script, AnswerKind::status, [&]() -> Outcome {
        WriteStatus(call.out, call.query.GetStatus(script));
        return Step::done;
    });
}

Outcome AnswerSubscription(Call& call, const index::ScriptHash& script) {
    const std::size_t start = call.out.Size();
    const Outcome outcome = AnswerStatus(call, script);
    if (outcome) call.effects.subscribe_script = {script, ReadStatus(call.out.TextSince(start))};
    return outcome;
}

}  // namespace amber::server
