#pragma once
#include <deque>
#include <optional>
#include <span>

#include "server/protocol/rpc_error.h"
#include "server/subscriptions/subscription_table.h"

namespace amber::server {

/// What a Notifier needs of the I/O thread it belongs to. All of it happens on that thread.
template <class Subject>
class NotifierHost {
public:
    /// Puts a notification behind what the session has been sent so far.
    virtual void Deliver(SessionNumber session, const Notice& notice) = 0;
    /// The status at the thread's current view; nothing if that needs the disk.
    virtual std::optional<typename Subject::Status> StatusFromMemory(
        const typename Subject::Key& key) = 0;
    /// Has it computed elsewhere; Notifier::OnStatus() follows. False: too busy, try later.
    virtual bool StatusFromDisk(const typename Subject::Key& key) = 0;

protected:
    ~NotifierHost() = default;
};

/// Tells the sessions of one I/O thread when what they subscribed to changes.
/// Invariant: every subscriber of a subject has been sent the same status, its last_sent; it is the
/// status at the thread's current view unless the subject waits to be computed again.
/// So a status goes out only if it differs, and never one of an older view after one of a newer.
/// Thread: the I/O thread's.
template <class Subject>
class Notifier {
public:
    using Key = typename Subject::Key;
    using Status = typename Subject::Status;

    explicit Notifier(NotifierHost<Subject>& host) : host_(host) {}

    /// Adds a subscription whose answer carries `status`, computed at the thread's current view,
    /// or says why not.
    std::optional<RpcError> Subscribe(SessionNumber session, const Key& key, const Status& status);
    bool Unsubscribe(SessionNumber session, const Key& key) { return table_.Remove(session, key); }
    void Forget(SessionNumber session) { table_.RemoveSession(session); }

    /// These may have changed. Call it when the thread has moved to the new view.
    void Touch(std::span<const typename Subject::Touched> touched);
    /// Computes up to `max` statuses again. True if it makes sense to call it again at once.
    bool Work(std::size_t max);
    /// The answer to StatusFromDisk(); nothing if it failed. `current`: of the current view.
    void OnStatus(const Key& key, const std::optional<Status>& status, bool current);

    [[nodiscard]] std::size_t Subscriptions() const { return table_.Size(); }
    [[nodiscard]] std::size_t SubscriptionsOf(SessionNumber session) const {
        return table_.SizeOf(session);
    }
    [[nodiscard]] std::uint64_t Sent() const { return sent_; }

private:
    static constexpr std::size_t kMaxDiskReads = 64;  ///< at a time; other readers want their turn

    using Table = SubscriptionTable<Subject>;
    using Number = typename Table::Number;

    void Queue(Number number);
    void Update(Number number, const Status& status, std::optional<SessionNumber> knows);

    NotifierHost<Subject>& host_;
    Table table_;
    /// Subjects with `queued` set; a number that is here without it belongs to one that is gone. At
    /// most one entry per subject and removal.
    std::deque<Number> queue_;
    std::size_t disk_reads_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace amber::server
