#include "server/subscriptions/subscription_table.h"

#include <algorithm>
#include <utility>

namespace amber::server {
namespace {

constexpr std::size_t kStale = 64;  ///< left-over numbers not worth sweeping

}  // namespace

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

SubscriptionTable::Number SubscriptionTable::NewScript(const index::ScriptHash& hash,
                                                       Number& head) {
    Number number = free_script_;
    if (number == kNone) {
        number = static_cast<Number>(scripts_.Size());
        scripts_.Append();
    } else {
        free_script_ = scripts_[number].next;
    }
    Script& script = scripts_[number];
    script.hash = hash;
    script.last_sent = {};
    script.next = head;
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
    } else if (scripts_[script].sessions.Contains(session)) {
        return added;
    }
    if (session >= sessions_.size()) sessions_.resize(session + 1);
    scripts_[added.script].sessions.Add(session);
    sessions_[session].scripts.push_back(added.script);
    ++sessions_[session].count;
    ++size_;
    return added;
}

bool SubscriptionTable::Remove(SessionNumber session, const index::ScriptHash& hash) {
    const Number script = Find(hash);
    if (script == kNone || !scripts_[script].sessions.Remove(session)) return false;
    if (scripts_[script].sessions.All().empty()) FreeScript(script);
    --sessions_[session].count;
    --size_;
    Sweep(session);
    return true;
}

void SubscriptionTable::Sweep(SessionNumber number) {
    Session& session = sessions_[number];
    if (session.scripts.size() <= 2 * session.count + kStale) return;
    std::vector<Number>& scripts = session.scripts;
    std::sort(scripts.begin(), scripts.end());
    scripts.erase(std::unique(scripts.begin(), scripts.end()), scripts.end());
    std::erase_if(scripts, [&](Number n) { return !scripts_[n].sessions.Contains(number); });
    scripts.shrink_to_fit();
}

void SubscriptionTable::RemoveSession(SessionNumber session) {
    if (session >= sessions_.size()) return;
    for (const Number script : std::exchange(sessions_[session], {}).scripts)
        if (scripts_[script].sessions.Remove(session)) {
            --size_;
            if (scripts_[script].sessions.All().empty()) FreeScript(script);
        }
}

void SubscriptionTable::FreeScript(Number number) {
    Script& script = scripts_[number];
    const auto slot = by_name_.find(secret_hash_(index::ToHashX(script.hash)));
    Number* link = &slot->second;
    while (*link != number) link = &scripts_[*link].next;
    *link = script.next;
    if (slot->second == kNone) by_name_.erase(slot);
    script.queued = false;
    script.next = free_script_;
    free_script_ = number;
}

}  // namespace amber::server
