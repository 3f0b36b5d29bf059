#include "server/subscriptions/subscription_table.h"

#include <algorithm>
#include <utility>

namespace amber::server {
namespace {

constexpr std::size_t kStale = 64;  ///< left-over numbers not worth sweeping

}  // namespace

template <class Subject>
auto SubscriptionTable<Subject>::Find(const Key& key) const -> Number {
    Number result = kNone;
    ForEachNamed(Subject::NameOf(key), [&](Number n) {
        if (watched_[n].key == key) result = n;
    });
    return result;
}

template <class Subject>
auto SubscriptionTable<Subject>::New(const Key& key, Number& head) -> Number {
    Number number = free_;
    if (number == kNone) {
        number = static_cast<Number>(watched_.Size());
        watched_.Append();
    } else {
        free_ = watched_[number].next;
    }
    Watched& watched = watched_[number];
    watched.key = key;
    watched.last_sent = {};
    watched.next = head;
    head = number;
    return number;
}

template <class Subject>
auto SubscriptionTable<Subject>::Add(SessionNumber session, const Key& key) -> Added {
    const auto slot = by_name_.try_emplace(SlotOf(Subject::NameOf(key)), kNone).first;
    unsigned same_name = 0;
    Number number = slot->second;
    for (; number != kNone && watched_[number].key != key; number = watched_[number].next)
        ++same_name;
    Added added{number, false};
    if (number == kNone) {
        if (same_name >= Subject::kMaxSameName) return {};
        added = {New(key, slot->second), true};
    } else if (watched_[number].sessions.Contains(session)) {
        return added;
    }
    if (session >= sessions_.size()) sessions_.resize(session + 1);
    watched_[added.number].sessions.Add(session);
    sessions_[session].numbers.push_back(added.number);
    ++sessions_[session].count;
    ++size_;
    return added;
}

template <class Subject>
bool SubscriptionTable<Subject>::Remove(SessionNumber session, const Key& key) {
    const Number number = Find(key);
    if (number == kNone || !watched_[number].sessions.Remove(session)) return false;
    if (watched_[number].sessions.All().empty()) Free(number);
    --sessions_[session].count;
    --size_;
    Sweep(session);
    return true;
}

template <class Subject>
void SubscriptionTable<Subject>::Sweep(SessionNumber number) {
    Session& session = sessions_[number];
    if (session.numbers.size() <= 2 * session.count + kStale) return;
    std::vector<Number>& numbers = session.numbers;
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    std::erase_if(numbers, [&](Number n) { return !watched_[n].sessions.Contains(number); });
    numbers.shrink_to_fit();
}

template <class Subject>
void SubscriptionTable<Subject>::RemoveSession(SessionNumber session) {
    if (session >= sessions_.size()) return;
    for (const Number number : std::exchange(sessions_[session], {}).numbers)
        if (watched_[number].sessions.Remove(session)) {
            --size_;
            if (watched_[number].sessions.All().empty()) Free(number);
        }
}

template <class Subject>
void SubscriptionTable<Subject>::Free(Number number) {
    Watched& watched = watched_[number];
    const auto slot = by_name_.find(SlotOf(Subject::NameOf(watched.key)));
    Number* link = &slot->second;
    while (*link != number) link = &watched_[*link].next;
    *link = watched.next;
    if (slot->second == kNone) by_name_.erase(slot);
    watched.queued = false;
    watched.next = free_;
    free_ = number;
}

template class SubscriptionTable<ScriptSubject>;
template class SubscriptionTable<OutpointSubject>;

}  // namespace amber::server
