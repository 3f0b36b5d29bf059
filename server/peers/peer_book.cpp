#include "server/peers/peer_book.h"

#include <algorithm>
#include <cstdlib>

namespace amber::server {
namespace {

/// What only one good peer may have.
std::string PlaceOf(std::string_view name, const std::string& address) {
    auto known = AddressOf(address);
    if (!known) known = AddressOf(name);
    if (known) return NetworkOf(*known, 32, 64);
    return std::string(DomainOf(name));
}

}  // namespace

const char* Name(PeerStatus status) {
    switch (status) {
        case PeerStatus::good:
            return "good";
        case PeerStatus::stale:
            return "stale";
        case PeerStatus::never:
            return "never";
        case PeerStatus::bad:
            return "bad";
    }
    std::abort();
}

PeerBook::Noted PeerBook::Note(const PeerHost& host, const std::string& source, Time now,
                               bool trusted) {
    const auto found = entries_.find(host.name);
    if (found == entries_.end()) {
        if (!MakeRoom()) return Noted::full;
        entries_[host.name] = {.host = host, .source = source, .due = now};
        return Noted::added;
    }
    PeerEntry& entry = found->second;
    if (!trusted || entry.host == host) return Noted::known;
    entry.host = host;
    entry.source = source;
    entry.due = now;
    return Noted::moved;
}

void PeerBook::MakeDue(const std::string& name, Time now) {
    if (const auto found = entries_.find(name); found != entries_.end()) found->second.due = now;
}

void PeerBook::Restore(PeerEntry entry, Time now) {
    if (entries_.size() >= kPeersMax) return;
    // A clock that was wrong must not put a peer off for years.
    entry.last_good = std::min(entry.last_good, now);
    entry.last_try = std::min(entry.last_try, now);
    if (!entry.WasGood() || entry.tries > 0)
        entry.due = entry.last_try + times_.retry * (1U << std::min(entry.tries, kTriesOfKnown));
    else
        entry.due = entry.last_good + times_.recheck;
    std::string name = entry.host.name;
    entries_[std::move(name)] = std::move(entry);
}

std::optional<PeerHost> PeerBook::TakeDue(Time now) {
    PeerEntry* next = nullptr;
    for (auto& [name, entry] : entries_)
        if (!entry.busy && entry.due <= now && (!next || entry.due < next->due)) next = &entry;
    if (!next) return std::nullopt;
    next->busy = true;
    next->last_try = now;
    return next->host;
}

std::optional<PeerBook::Time> PeerBook::NextDue() const {
    std::optional<Time> next;
    for (const auto& [name, entry] : entries_)
        if (!entry.busy && (!next || entry.due < *next)) next = entry.due;
    return next;
}

std::optional<std::string> PeerBook::WhyNoRoom(std::string_view name, const std::string& address,
                                               Time now) const {
    const auto good = Good(now);
    if (IsOnion(name)) {
        const auto onions =
            static_cast<std::size_t>(std::ranges::count_if(good, [&](const PeerEntry* other) {
                return other->host.name != name && IsOnion(other->host.name);
            }));
        if (onions >= kOnionsMax && onions >= good.size() / 2)
            return "there are enough onion peers";
        return std::nullopt;
    }
    const std::string place = PlaceOf(name, address);
    for (const PeerEntry* other : good)
        if (other->host.name != name && !IsOnion(other->host.name) &&
            PlaceOf(other->host.name, other->address) == place)
            return "another good peer, " + other->host.name + ", is at " + place;
    return std::nullopt;
}

void PeerBook::Passed(const std::string& name, const PeerFeatures& features,
                      const std::string& address, Time now) {
    PeerEntry& entry = entries_.at(name);
    entry.host = *features.Find(name);
    entry.address = address;
    entry.software = features.software;
    entry.protocol_min = features.protocol_min;
    entry.protocol_max = features.protocol_max;
    entry.last_good = now;
    entry.tries = 0;
    entry.bad = false;
    entry.trouble.clear();
    entry.due = now + times_.recheck;
    entry.busy = false;
}

bool PeerBook::Failed(const std::string& name, const std::string& why, bool bad, Time now) {
    PeerEntry& entry = entries_.at(name);
    entry.busy = false;
    entry.trouble = why;
    entry.bad = bad;
    ++entry.tries;
    if (entry.tries >= (entry.WasGood() && !bad ? kTriesOfKnown : kTriesOfNew)) {
        entries_.erase(name);
        return true;
    }
    entry.due = now + times_.retry * (1U << entry.tries);
    return false;
}

PeerStatus PeerBook::StatusOf(const PeerEntry& entry, Time now) const {
    if (entry.bad) return PeerStatus::bad;
    if (!entry.WasGood()) return PeerStatus::never;
    const bool recent = now < entry.last_good + times_.good_for;
    return recent ? PeerStatus::good : PeerStatus::stale;
}

std::vector<const PeerEntry*> PeerBook::Good(Time now) const {
    std::vector<const PeerEntry*> good;
    for (const auto& [name, entry] : entries_)
        if (StatusOf(entry, now) == PeerStatus::good) good.push_back(&entry);
    return good;
}

/// Whoever names many that are not there takes no place from others.
bool PeerBook::MakeRoom() {
    if (entries_.size() < kPeersMax) return true;
    auto worst = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
        const PeerEntry& entry = at->second;
        if (entry.busy || entry.WasGood() || entry.tries == 0) continue;
        if (worst == entries_.end() || entry.tries > worst->second.tries) worst = at;
    }
    if (worst == entries_.end()) return false;
    entries_.erase(worst);
    return true;
}

}  // namespace amber::server
