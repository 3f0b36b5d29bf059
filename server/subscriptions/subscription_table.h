#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "server/secret_hash.h"
#include "server/subscriptions/chunked_vector.h"
#include "server/subscriptions/session_set.h"
#include "server/subscriptions/subject.h"

namespace amber::server {

/// Who is subscribed to which script or output, both ways round: 87 to 97 bytes per script, 8 more
/// per output, and 10 for each further subscriber. Subjects are numbered; one flat index leads from
/// a subject's short name, as announcements carry it, to its number.
/// Thread: one. Memory given back by removals is reused, not freed.
template <class Subject>
class SubscriptionTable {
public:
    using Number = std::uint32_t;
    using Key = typename Subject::Key;
    static constexpr Number kNone = 0xffffffff;

    struct Watched {
        Key key;
        StatusDigest last_sent{};  ///< every subscriber knows this status
        SessionSet sessions;
        Number next = kNone;  ///< in the same slot of the index; of a free one: the next free one
        bool queued = false;  ///< its status is to be computed again
    };
    static_assert(sizeof(Watched) <= sizeof(Key) + 40 + 4);

    struct Added {
        Number number = kNone;  ///< kNone: refused, Subject::kMaxSameName share its name
        bool is_new = false;    ///< nobody was subscribed before
    };
    /// Adding twice is adding once.
    Added Add(SessionNumber session, const Key& key);
    /// False if there was no such subscription.
    bool Remove(SessionNumber session, const Key& key);
    void RemoveSession(SessionNumber session);

    [[nodiscard]] Number Find(const Key& key) const;
    [[nodiscard]] Watched& At(Number number) { return watched_[number]; }

    template <class Visit>  // Visit(Number)
    void ForEachNamed(const index::HashX& name, Visit&& visit) const {
        const auto found = by_name_.find(SlotOf(name));
        if (found == by_name_.end()) return;
        for (Number n = found->second; n != kNone; n = watched_[n].next)
            if (Subject::NameOf(watched_[n].key) == name) visit(n);
    }
    template <class Visit>  // Visit(SessionNumber)
    void ForEachSubscriber(Number number, Visit&& visit) const {
        for (const SessionNumber session : watched_[number].sessions.All()) visit(session);
    }

    [[nodiscard]] std::size_t Size() const { return size_; }
    [[nodiscard]] std::size_t SizeOf(SessionNumber session) const {
        return session < sessions_.size() ? sessions_[session].count : 0;
    }

private:
    struct Session {
        /// All that it subscribes to; also some that it no longer does, and some twice, but no more
        /// of these than of the others and a few.
        std::vector<Number> numbers;
        std::uint32_t count = 0;
    };
    /// Half of the hash: it costs less memory than telling all names apart, as the few that share
    /// a slot can be walked through.
    using Slot = std::uint32_t;
    struct Spread {
        using is_avalanching = void;
        std::size_t operator()(Slot slot) const noexcept { return slot * 0x9e3779b97f4a7c15; }
    };
    [[nodiscard]] Slot SlotOf(const index::HashX& name) const {
        return static_cast<Slot>(secret_hash_(name));
    }

    Number New(const Key& key, Number& head);
    void Free(Number number);
    void Sweep(SessionNumber session);

    const SecretHash secret_hash_;
    boost::unordered_flat_map<Slot, Number, Spread> by_name_;
    ChunkedVector<Watched> watched_;
    std::vector<Session> sessions_;
    Number free_ = kNone;
    std::size_t size_ = 0;
};

}  // namespace amber::server
