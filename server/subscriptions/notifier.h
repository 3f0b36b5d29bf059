#pragma once
#include <deque>
#include <optional>
#include <span>
#include <string_view>

#include "index/query/query_error.h"
#include "server/protocol/rpc_error.h"
#include "server/subscriptions/subscription_table.h"

namespace amber::server {

using StatusResult = index::QueryResult<std::optional<index::StatusHash>>;

/// What a Notifier needs of the I/O thread it belongs to. All of it happens on that thread.
class NotifierHost {
public:
    /// Puts a whole line (with newline) behind what the session has been sent so far.
    virtual void Deliver(SessionNumber session, std::string_view line) = 0;
    /// The status at the thread's current view; nothing if that needs the disk.
    virtual std::optional<StatusResult> StatusFromMemory(const index::ScriptHash& script) = 0;
    /// Has it computed elsewhere; Notifier::OnStatus() follows. False: too busy, try later.
    virtual bool StatusFromDisk(const index::ScriptHash& script) = 0;

protected:
    ~NotifierHost() = default;
};

/// Tells the sessions of one I/O thread when scripts they subscribed to change.
/// Invariant: every subscriber of a script has been sent the same status, the script's last_sent;
/// it is the status at the thread's current view unless the script waits to be computed again.
/// So a status goes out only if it differs, and never one of an older view after one of a newer.
/// Thread: the I/O thread's.
class Notifier {
public:
    explicit Notifier(NotifierHost& host) : host_(host) {}

    /// Adds a subscription whose answer carries `status`, computed at the thread's current view,
    /// or says why not.
    std::optional<RpcError> Subscribe(SessionNumber session, const index::ScriptHash& script,
                                      const std::optional<index::StatusHash>& status);
    bool Unsubscribe(SessionNumber session, const index::ScriptHash& script) {
        return table_.Remove(session, script);
    }
    void Forget(SessionNumber session) { table_.RemoveSession(session); }

    /// These scripts may have changed. Call it when the thread has moved to the new view.
    void Touch(std::span<const index::HashX> names);
    /// Computes up to `max` statuses again. True if it makes sense to call it again at once.
    bool Work(std::size_t max);
    /// The answer to StatusFromDisk(); nothing if it failed. `current`: of the current view.
    void OnStatus(const index::ScriptHash& script, const std::optional<StatusResult>& result,
                  bool current);

    [[nodiscard]] std::size_t Subscriptions() const { return table_.Size(); }
    [[nodiscard]] std::size_t SubscriptionsOf(SessionNumber session) const {
        return table_.SizeOf(session);
    }
    [[nodiscard]] std::uint64_t Sent() const { return sent_; }

private:
    static constexpr std::size_t kMaxDiskReads = 64;  ///< at a time; other readers want their turn

    void Queue(SubscriptionTable::Number script);
    void Update(SubscriptionTable::Number script, const std::optional<index::StatusHash>& status,
                std::optional<SessionNumber> knows);

    NotifierHost& host_;
    SubscriptionTable table_;
    /// Scripts with `queued` set; a number that is here without it belongs to a script that is
    /// gone. At most one entry per script and removal.
    std::deque<SubscriptionTable::Number> queue_;
    std::size_t disk_reads_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace amber::server
