#pragma once
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "index/query/announcement.h"
#include "server/entrance/arrival.h"
#include "server/limits/guests.h"
#include "server/methods/registry.h"
#include "server/protocol/json_document.h"
#include "server/server_stats.h"
#include "server/session/query_pool.h"
#include "server/session/transport.h"
#include "server/subscriptions/notifier.h"

namespace amber::server {

class Session;

/// What all I/O threads share. Thread-safe in every part.
struct Shared {
    explicit Shared(std::shared_ptr<Services> all)
        : services(std::move(all)),
          bans(services->options.ban_file),
          guests(services->options, services->options.exempt, bans, hits),
          pool(services->options.query_threads, services->options.query_queue) {}

    const std::shared_ptr<Services> services;
    BoundHits hits;
    BanList bans;
    Guests guests;
    QueryPool pool;
    std::atomic<std::size_t> sessions{0};
    std::atomic<std::size_t> subscriptions{0};
    std::atomic<std::uint64_t> next_session_id{1};
    unsigned io_threads = 1;

    [[nodiscard]] const ServerOptions& Options() const { return services->options; }
};

/// One thread ("io-N") with its sessions, their subscriptions, and the view all of them see.
/// A session never leaves its thread. Everything runs on the thread, unless marked thread-safe.
class IoThread final : public NotifierHost<ScriptSubject>,
                       public NotifierHost<OutpointSubject>,
                       public std::enable_shared_from_this<IoThread> {
public:
    /// Views that wait for the query pool to take them apart; beyond it this thread does.
    static constexpr std::size_t kMostRetired = 100;

    IoThread(unsigned number, std::shared_ptr<Shared> shared, ServedViewPtr served);
    ~IoThread();

    // Thread-safe.
    void Start();
    void Stop();  ///< closes all sessions, joins the thread
    boost::asio::io_context& Context() { return context_; }
    /// Begins its session.
    void Adopt(Arrival arrival);
    void OnView(ServedViewPtr served, std::shared_ptr<const index::Announcement> announcement);
    void AddTo(ServerStats& stats, std::vector<std::uint64_t>& requests) const;
    [[nodiscard]] std::vector<SessionInfo> Sessions();
    bool Disconnect(std::uint64_t id);
    /// Closes all that come from there; how many.
    std::size_t Disconnect(const Subnet& subnet);

    // For the sessions.
    Shared& GetShared() { return *shared_; }
    const ServedView& Served() const { return *served_; }
    index::Query& MemoryQuery();
    JsonDocument& Document() { return document_; }
    void Remove(SessionNumber session);
    /// Gives the session a turn soon: it has output, or can go on.
    void MarkDirty(SessionNumber session);
    /// Calls its GoOn() then.
    void GoOnAt(std::chrono::steady_clock::time_point time, SessionNumber session);
    std::optional<RpcError> Subscribe(SessionNumber session,
                                      const Effects::ScriptSubscription& subscription);
    std::optional<RpcError> Subscribe(SessionNumber session,
                                      const Effects::OutpointSubscription& subscription);
    bool Unsubscribe(SessionNumber session, const index::ScriptHash& script);
    bool Unsubscribe(SessionNumber session, const index::OutPoint& outpoint);
    std::size_t SubscriptionsOf(SessionNumber session) const {
        return scripts_.SubscriptionsOf(session) + outpoints_.SubscriptionsOf(session);
    }
    /// Output buffers go round, so that idle sessions hold none.
    std::string TakeBuffer();
    void GiveBuffer(std::string&& buffer);
    /// Changes what a session holds in buffers; false if that is too much for all together.
    bool Account(std::size_t before, std::size_t now);

    void CountRequest(const Method& method) { Count(requests_[NumberOf(method)]); }
    void CountError() { Count(errors_); }

    // NotifierHost
    void Deliver(SessionNumber session, const Notice& notice) override;
    std::optional<ScriptSubject::Status> StatusFromMemory(const index::ScriptHash& script) override;
    bool StatusFromDisk(const index::ScriptHash& script) override;
    std::optional<OutpointSubject::Status> StatusFromMemory(
        const index::OutPoint& outpoint) override;
    bool StatusFromDisk(const index::OutPoint& outpoint) override;

private:
    using Counter = std::atomic<std::uint64_t>;
    static constexpr std::size_t kScratchBytes = 64 << 10;
    // Then requests have their turn.
    static constexpr std::size_t kStatusesInARow = 64, kTurnsInARow = 64;

    /// Written by this thread only, read by any.
    static void Count(Counter& counter) {
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    void Run();
    void CloseAll();
    std::unique_ptr<Transport> MakeTransport(Arrival arrival);
    void Notify();
    template <class Subject>
    std::optional<typename Subject::Status> InMemory(const typename Subject::Key& key);
    template <class Subject>
    bool OnPool(const typename Subject::Key& key, Notifier<Subject> IoThread::*notifier);
    template <class Subject>
    std::optional<RpcError> SubscribeTo(Notifier<Subject>& notifier, SessionNumber session,
                                        const typename Subject::Key& key,
                                        const typename Subject::Status& status);
    [[nodiscard]] std::optional<Bound> CheckSubscription(SessionNumber session);
    template <class Subject>
    bool UnsubscribeFrom(Notifier<Subject>& notifier, SessionNumber session,
                         const typename Subject::Key& key);
    [[nodiscard]] std::size_t Subscriptions() const {
        return scripts_.Subscriptions() + outpoints_.Subscriptions();
    }
    /// Whether what is new waits for more of the same.
    [[nodiscard]] bool IsHolding() const { return hold_until_ != decltype(hold_until_){}; }
    void PostTurns();
    void TurnDirty();
    void DropRetired();
    void ArmTimer();
    void Tick();
    void ArmPauses();
    void EndPauses();
    /// Runs `action` on the thread and waits for it; false if the thread has ended.
    template <class Action>
    bool RunAndWait(Action action);

    const unsigned number_;
    const std::shared_ptr<Shared> shared_;
    boost::asio::io_context context_{1};
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    boost::asio::steady_timer timer_{context_}, pause_timer_{context_};
    std::thread thread_;

    ServedViewPtr served_;
    std::vector<ServedViewPtr> retired_;              ///< replaced; DropRetired() is due
    std::optional<index::Query> query_;               ///< of served_; made when first used
    std::vector<std::shared_ptr<Session>> sessions_;  ///< by number; null where free
    std::vector<SessionNumber> free_numbers_;
    std::deque<SessionNumber> dirty_;  ///< their turn is due, in this order
    std::chrono::steady_clock::time_point hold_until_{};
    /// Sessions that pause, by when they go on. One that is gone has its entry for as long.
    std::multimap<std::chrono::steady_clock::time_point, std::weak_ptr<Session>> pauses_;
    bool turns_posted_ = false;
    bool notify_posted_ = false;
    std::atomic<bool> ended_{false};
    Notifier<ScriptSubject> scripts_{*this};
    Notifier<OutpointSubject> outpoints_{*this};
    JsonDocument document_;
    std::vector<char> scratch_ = std::vector<char>(kScratchBytes);
    std::vector<std::string> buffers_;
    std::size_t buffered_bytes_ = 0;

    Counter errors_{0}, sessions_now_{0}, sessions_total_{0}, subscriptions_{0}, notifications_{0};
    std::vector<Counter> requests_ = std::vector<Counter>(Methods().size());
};

}  // namespace amber::server
