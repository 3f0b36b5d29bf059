#include "index/bulk/outpoint_join.h"

#include <map>
#include <utility>

#include "index/fatal_error.h"

namespace amber::index::bulk {

namespace {

[[noreturn]] void NotThere(const SpentRow& spent) {
    throw FatalError("transaction number " + std::to_string(spent.Num().value) +
                     " of the chain spends output " + std::to_string(spent.Index()) + " of " +
                     ToDisplayHex(spent.FullTxid()) +
                     ", which is not there, or is spent twice: the node sent a wrong block, or the "
                     "unfinished database is damaged. Delete the database and sync again");
}

/// Rows from `from` on that have the match key of `row`.
template <class Row, class Other>
std::span<const Row> Alike(std::span<const Row> from, const Other& row) {
    std::size_t count = 0;
    while (count < from.size() && CompareMatch(from[count], row) == 0) ++count;
    return from.first(count);
}

}  // namespace

void OutpointJoin::Run(std::span<const CreatedRow> outputs, std::span<const SpentRow> inputs,
                       Result& result) const {
    result.unspent.clear();
    result.spends.clear();
    while (!outputs.empty() || !inputs.empty()) {
        const bool output_first =
            inputs.empty() || (!outputs.empty() && CompareMatch(outputs[0], inputs[0]) <= 0);
        const auto alike_outputs =
            output_first ? Alike(outputs, outputs[0]) : Alike(outputs, inputs[0]);
        const auto alike_inputs =
            output_first ? Alike(inputs, outputs[0]) : Alike(inputs, inputs[0]);
        outputs = outputs.subspan(alike_outputs.size());
        inputs = inputs.subspan(alike_inputs.size());
        if (alike_outputs.size() == 1 && alike_inputs.empty()) {
            result.unspent.push_back(&alike_outputs[0]);
        } else if (alike_outputs.size() == 1 && alike_inputs.size() == 1 &&
                   !alike_inputs[0].Overwrites()) {
            // The node has seen that the outpoint exists, so the only candidate is it.
            result.spends.push_back({&alike_outputs[0], alike_inputs[0].Num()});
        } else {
            MatchAlike(alike_outputs, alike_inputs, result);
        }
    }
}

void OutpointJoin::MatchAlike(std::span<const CreatedRow> created, std::span<const SpentRow> spent,
                              Result& result) const {
    struct Event {
        TxNum num;
        const SpentRow* input;  ///< of the two one is null
        const CreatedRow* output;
    };
    // What a coinbase overwrites comes before what it creates.
    std::map<Txid, std::vector<Event>> by_txid;
    for (const SpentRow& row : spent) by_txid[row.FullTxid()].push_back({row.Num(), &row, nullptr});
    for (const CreatedRow& row : created)
        by_txid[txid_of_(row.Num())].push_back({row.Num(), nullptr, &row});
    for (auto& [txid, events] : by_txid) {
        std::stable_sort(events.begin(), events.end(),
                         [](const Event& a, const Event& b) { return a.num < b.num; });
        const CreatedRow* alive = nullptr;
        for (const Event& event : events) {
            if (event.output != nullptr) {
                if (alive != nullptr) result.unspent.push_back(alive);
                alive = event.output;
            } else if (event.input->Overwrites()) {
                alive = nullptr;
            } else {
                if (alive == nullptr) NotThere(*event.input);
                result.spends.push_back({std::exchange(alive, nullptr), event.num});
            }
        }
        if (alive != nullptr) result.unspent.push_back(alive);
    }
}

}  // namespace amber::index::bulk
