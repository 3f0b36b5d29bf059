#include "index/query/status_states.h"

#include <utility>

namespace amber::index {

StatusStates::States StatusStates::Find(const HashX& script) {
    const std::lock_guard lock(mutex_);
    const auto found = by_script_.find(script);
    if (found == by_script_.end()) return {};
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->states;
}

void StatusStates::Keep(const HashX& script, Height from, const StatusState& state) {
    const std::lock_guard lock(mutex_);
    const auto [place, added] = by_script_.try_emplace(script);
    if (added) {
        entries_.push_front({script, {}});
        place->second = entries_.begin();
    }
    States& states = place->second->states;
    std::erase_if(states, [&](const StatusState& other) { return other.height > from; });
    // Highest but one: what the highest may be replaced by without leaving too large a step.
    if (states.size() >= 2 && state.height.value < states[states.size() - 2].height.value + kDepth)
        states.pop_back();
    if (states.size() == kMaxStates) states.erase(states.begin());
    states.push_back(state);
    if (entries_.size() <= kMaxScripts) return;
    by_script_.erase(entries_.back().script);
    entries_.pop_back();
}

std::unique_lock<std::mutex> StatusStates::TakeTurn(const HashX& script) {
    return std::unique_lock(turns_[script.bytes[HashX::kSize - 1] % kTurns]);
}

}  // namespace amber::index
