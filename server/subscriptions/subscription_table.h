#pragma once
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "index/chain/hash.h"
#include "index/chain/hash_x.h"
#include "server/secret_hash.h"
#include "server/subscriptions/chunked_vector.h"
#include "server/subscriptions/session_set.h"

namespace amber::server {

/// Enough of a status to tell two apart; all zero for the null status of an unused script.
using StatusDigest = std::array<std::uint8_t, 16>;
StatusDigest Digest(const std::optional<index::StatusHash>& status);

/// Who is subscribed to which script, both ways round: about 100 bytes per script, and 10 for each
/// further subscriber. Scripts are numbered; one flat index leads from a script's short name, as
/// announcements carry it, to its number.
/// Thread: one. Memory given back by removals is reused, not freed.
class SubscriptionTable {
public:
    using Number = std::uint32_t;
    static constexpr Number kNone = 0xffffffff;
    /// Scripts that share their first 11 bytes. Honest ones never do (2^-88); a client that makes
    /// them up is refused beyond this, because they have to be walked through.
    static constexpr unsigned kMaxSameName = 8;

    struct Script {
        index::ScriptHash hash;
        StatusDigest last_sent{};  ///< every subscriber knows this status
        SessionSet sessions;
        Number next = kNone;  ///< with the same short name; of a free one: the next free one
        bool queued = false;  ///< its status is to be computed again
    };
    static_assert(sizeof(Script) <= 72);

    struct Added {
        Number script = kNone;    ///< kNone: refused, see kMaxSameName
        bool new_script = false;  ///< nobody was subscribed before
    };
    /// Adding twice is adding once.
    Added Add(SessionNumber session, const index::ScriptHash& script);
    /// False if there was no such subscription.
    bool Remove(SessionNumber session, const index::ScriptHash& script);
    void RemoveSession(SessionNumber session);

    [[nodiscard]] Number Find(const index::ScriptHash& script) const;
    [[nodiscard]] Script& At(Number number) { return scripts_[number]; }

    template <class Visit>  // Visit(Number)
    void ForEachNamed(const index::HashX& name, Visit&& visit) const {
        const auto found = by_name_.find(secret_hash_(name));
        if (found == by_name_.end()) return;
        for (Number n = found->second; n != kNone; n = scripts_[n].next)
            if (index::ToHashX(scripts_[n].hash) == name) visit(n);
    }
    template <class Visit>  // Visit(SessionNumber)
    void ForEachSubscriber(Number script, Visit&& visit) const {
        for (const SessionNumber session : scripts_[script].sessions.All()) visit(session);
    }

    [[nodiscard]] std::size_t Size() const { return size_; }
    [[nodiscard]] std::size_t SizeOf(SessionNumber session) const {
        return session < sessions_.size() ? sessions_[session].count : 0;
    }

private:
    struct Session {
        /// Every script it subscribes to; also some that it no longer does, and some twice, but no
        /// more of these than of the others and a few.
        std::vector<Number> scripts;
        std::uint32_t count = 0;
    };
    /// Keys are hashes already.
    struct Identity {
        using is_avalanching = void;
        std::size_t operator()(std::uint64_t key) const noexcept { return key; }
    };

    Number NewScript(const index::ScriptHash& hash, Number& head);
    void FreeScript(Number script);
    void Sweep(SessionNumber session);

    const SecretHash secret_hash_;
    boost::unordered_flat_map<std::uint64_t, Number, Identity> by_name_;
    ChunkedVector<Script> scripts_;
    std::vector<Session> sessions_;
    Number free_script_ = kNone;
    std::size_t size_ = 0;
};

}  // namespace amber::server
