#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/peers/features.h"
#include "server/peers/peer_host.h"

namespace amber::server {

/// When peers are looked at, and for how long what was seen holds.
struct PeerTimes {
    std::chrono::seconds good_for{3 * 3600};       ///< then a good peer is stale
    std::chrono::seconds recheck{3 * 3600 - 600};  ///< of a good one, before it is stale
    std::chrono::seconds retry{300};  ///< doubled by each try that failed, the first included
};

/// What is known of one peer.
struct PeerEntry {
    using Time = std::chrono::sys_seconds;

    PeerHost host{};
    std::string source{};   ///< who told of it
    std::string address{};  ///< that it was last good at; the name of an onion
    std::string software{};
    ProtocolVersion protocol_min{}, protocol_max{};
    Time last_good{};       ///< zero: never
    Time last_try{};        ///< zero: never
    unsigned tries = 0;     ///< that failed since it was last good
    bool bad = false;       ///< what it said last was wrong
    std::string trouble{};  ///< why the last try failed; empty after a good one
    Time due{};             ///< for its next try
    bool busy = false;      ///< a try is under way

    [[nodiscard]] bool WasGood() const { return last_good != Time{}; }
};

enum class PeerStatus { good, stale, never, bad };
const char* Name(PeerStatus status);

/// All peers we know of: who is to be looked at next, and what became of it. Without sockets and
/// without a clock. Not thread-safe.
/// Bounds: kPeersMax, beyond which a new one takes the place of one that has never been good and
/// failed, or is refused. One good peer for each IPv4 address or IPv6 /64, or domain where the
/// address is not known (behind a proxy); onions may be half of the good ones, and kOnionsMax at
/// any rate.
class PeerBook {
public:
    using Time = PeerEntry::Time;

    static constexpr std::size_t kPeersMax = 1000;
    static constexpr std::size_t kOnionsMax = 100;
    static constexpr unsigned kTriesOfNew = 3;     ///< failed; then it is forgotten
    static constexpr unsigned kTriesOfKnown = 10;  ///< of one that was good once, and is not bad

    explicit PeerBook(PeerTimes times) : times_(times) {}

    enum class Noted { added, known, moved, full };
    /// Hears of a peer: it is due at once if it is new. `trusted`: on the word of its owner, so
    /// that other ports of a known one count (moved), and it is due at once.
    Noted Note(const PeerHost& host, const std::string& source, Time now, bool trusted);
    /// Ignored if there is none of that name.
    void MakeDue(const std::string& name, Time now);
    /// One that was known before a restart. Ignored at the bound.
    void Restore(PeerEntry entry, Time now);
    /// Forgets those for which `unwanted(host)` is true. Precondition: none is busy.
    template <class Unwanted>
    void ForgetIf(Unwanted unwanted) {
        std::erase_if(entries_, [&](const auto& entry) { return unwanted(entry.second.host); });
    }

    /// The one that has been due for longest becomes busy. Nothing if none is due.
    std::optional<PeerHost> TakeDue(Time now);
    /// When the next one is due; nothing if all are busy.
    [[nodiscard]] std::optional<Time> NextDue() const;

    /// Why a peer at that address may not be good beside those that are; nothing if it may.
    [[nodiscard]] std::optional<std::string> WhyNoRoom(std::string_view name,
                                                       const std::string& address, Time now) const;
    /// It is good. `address`: an IP address, empty behind a proxy. Precondition: it is in the book,
    /// there is room for it, and its features name it.
    void Passed(const std::string& name, const PeerFeatures& features, const std::string& address,
                Time now);
    /// True: and is forgotten. Precondition: it is in the book.
    bool Failed(const std::string& name, const std::string& why, bool bad, Time now);

    [[nodiscard]] PeerStatus StatusOf(const PeerEntry& entry, Time now) const;
    [[nodiscard]] std::vector<const PeerEntry*> Good(Time now) const;
    [[nodiscard]] const std::map<std::string, PeerEntry>& All() const { return entries_; }

private:
    bool MakeRoom();

    const PeerTimes times_;
    std::map<std::string, PeerEntry> entries_;  ///< by name
};

}  // namespace amber::server
