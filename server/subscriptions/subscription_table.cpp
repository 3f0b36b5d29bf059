#include "server/subscriptions/subscription_table.h"

#include <algorithm>

namespace amber::server {
StatusDigest Digest(const std::optional<index::StatusHash>& status) {
    StatusDigest digest{};
    if (status) std::copy_n(status->bytes.begin(), digest.size(), digest.begin());
    return digest;
}

SubscriptionTable::Number SubscriptionTable::Find(const index::ScriptHash& script) const {
    Number result = kNone;
    ForEachNamed(index::ToHashX(script), [&](Number n) {
        if (scripts_[n].hash == script) result = n;
    });
    return result;
}

SubscriptionTable::Number SubscriptionTable::FindSubscription(SessionNumber session,
                                                              Number script) const {
    Number n = scripts_[script].first_subscription;
    while (n != kNone && subscriptions_[n].session != session) n = subscriptions_[n].next_of_script;
    return n;
}

SubscriptionTable::Number SubscriptionTable::NewScript(const index::ScriptHash& hash,
                                                       Number& head) {
    Number number = free_script_;
    if (number == kNone) {
        number = static_cast<Number>(scripts_.size());
        scripts_.emplace_back();
    } else {
        free_script_ = scripts_[number].next;
    }
    scripts_[number] = {.hash = hash, .next = head};
    head = number;
    return number;
}

SubscriptionTable::Added SubscriptionTable::Add(SessionNumber session,
                                                const index::ScriptHash& hash) {
    const auto slot = by_name_.try_emplace(secret_hash_(index::ToHashX(hash)), kNone).first;
    unsigned same_name = 0;
    Number script = slot->second;
    for (; script != kNone && scripts_[script].hash != hash; script = scripts_[script].next)
        ++same_name;
    Added added{script, false};
    if (script == kNone) {
        if (same_name >= kMaxSameName) return {};
        added = {NewScript(hash, slot->second), true};
    } else if (FindSubscription(session, script) != kNone) {
        return added;
    }

    Number number = free_subscription_;
    if (number == kNone) {
        number = static_cast<Number>(subscriptions_.size());
        subscriptions_.emplace_back();
    } else {
        free_subscription_ = subscriptions_[number].next_of_script;
    }
    if (session >= sessions_.size()) sessions_.resize(session + 1);
    Number& first_of_script = scripts_[added.script].first_subscription;
    Number& first_of_session = sessions_[session].first;
    subscriptions_[number] = {.script = added.script,
                              .session = session,
                              .next_of_script = first_of_script,
                              .next_of_session = first_of_session};
    if (first_of_script != kNone) subscriptions_[first_of_script].previous_of_script = number;
    if (first_of_session != kNone) subscriptions_[first_of_session].previous_of_session = number;
    first_of_script = number;
    first_of_session = number;
    ++sessions_[session].count;
    ++size_;
    return added;
}

bool SubscriptionTable::Remove(SessionNumber session, const index::ScriptHash& hash) {
    const Number script = Find(hash);
    if (script == kNone) return false;
    const Number number = FindSubscription(session, script);
    if (number == kNone) return false;
    RemoveSubscription(number);
    return true;
}

void SubscriptionTable::RemoveSession(SessionNumber session) {
    if (session >= sessions_.size()) return;
    while (sessions_[session].first != kNone) RemoveSubscription(sessions_[session].first);
}

void SubscriptionTable::RemoveSubscription(Number number) {
    Subscription& gone = subscriptions_[number];
    const auto& [script, session, next, previous, next_mine, previous_mine] = gone;
    (previous == kNone ? scripts_[script].first_subscription
                       : subscriptions_[previous].next_of_script) = next;
    if (next != kNone) subscriptions_[next].previous_of_script = previous;
    (previous_mine == kNone ? sessions_[session].first
                            : subscriptions_[previous_mine].next_of_session) = next_mine;
    if (next_mine != kNone) subscriptions_[next_mine].previous_of_session = previous_mine;
    --sessions_[session].count;
    --size_;
    if (scripts_[script].first_subscription == kNone) FreeScript(script);
    gone = {.next_of_script = free_subscription_};
    free_subscription_ = number;
}

void SubscriptionTable::FreeScript(Number script) {
    const auto slot = by_name_.find(secret_hash_(index::ToHashX(scripts_[script].hash)));
    Number* link = &slot->second;
    while (*link != script) link = &scripts_[*link].next;
    *link = scripts_[script].next;
    if (slot->second == kNone) by_name_.erase(slot);
    scripts_[script] = Script{};
    scripts_[script].next = free_script_;
    free_script_ = script;
}

}  // namespace amber::server
