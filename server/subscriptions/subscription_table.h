#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "server/secret_hash.h"
#include "server/subscriptions/chunked_vector.h"
#include "server/subscriptions/session_set.h"
#include "server/subscriptions/subject.h"

namespace amber::server {

/// Who is subscribed to which script or output, both ways round: about 100 bytes per script, 110
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
        Number next = kNone;  ///< with the same short name; of a free one: the next free one
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
        const auto found = by_name_.find(secret_hash_(name));
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
    /// Keys are hashes already.
    struct Identity {
        using is_avalanching = void;
        std::size_t operator()(std::uint64_t key) const noexcept { return key; }
    };

    Number New(const Key& key, Number& head);
    void Free(Number number);
    void Sweep(SessionNumber session);

    const SecretHash secret_hash_;
    boost::unordered_flat_map<std::uint64_t, Number, Identity> by_name_;
    ChunkedVector<Watched> watched_;
    std::vector<Session> sessions_;
    Number free_ = kNone;
    std::size_t size_ = 0;
};

}  // namespace amber::server
