#include "server/session/io_thread.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>

#include "server/protocol/answer.h"
#include "server/session/line_transport.h"
#include "server/session/session.h"
#include "server/session/ws_transport.h"
#include "server/wire/thread_name.h"

namespace amber::server {
namespace {

constexpr std::chrono::milliseconds kTurnsTime{1};
constexpr std::size_t kKeptBuffers = 32;
constexpr std::size_t kKeptBufferBytes = 256 << 10;  ///< larger ones are given back to the system

}  // namespace

IoThread::IoThread(unsigned number, std::shared_ptr<Shared> shared, ServedViewPtr served)
    : number_(number), shared_(std::move(shared)), served_(std::move(served)) {}

IoThread::~IoThread() { Stop(); }

void IoThread::Start() {
    work_.emplace(context_.get_executor());
    thread_ = std::thread([this] { Run(); });
}

void IoThread::Run() {
    NameThisThread("io-" + std::to_string(number_));
    ArmTimer();
    while (!context_.stopped()) {
        try {
            context_.run();
        } catch (const std::exception& error) {
            spdlog::error("I/O thread {}: {}", number_, error.what());
        }
    }
    ended_ = true;
}

void IoThread::Stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(context_, [this] { CloseAll(); });
    thread_.join();
}

void IoThread::CloseAll() {
    for (std::size_t i = 0; i < sessions_.size(); ++i)
        if (const auto session = sessions_[i]) session->Close();
    timer_.cancel();
    pause_timer_.cancel();
    query_.reset();
    retired_.clear();
    work_.reset();
    context_.stop();
}

std::unique_ptr<Transport> IoThread::MakeTransport(Arrival arrival) {
    if (IsWebSocket(arrival.kind))
        return MakeWebSocketTransport(context_, std::move(arrival),
                                      shared_->Options().max_receive_bytes);
    return MakeLineTransport(context_, std::move(arrival), scratch_);
}

void IoThread::Adopt(Arrival arrival) {
    boost::asio::post(context_, [this, arrived = std::move(arrival)]() mutable {
        // Looked at where Disconnect() runs, so that one of the two finds it.
        if (arrived.guest->IsBanned()) {
            --shared_->sessions;
            return;
        }
        SessionNumber number = static_cast<SessionNumber>(sessions_.size());
        if (free_numbers_.empty()) {
            sessions_.emplace_back();
        } else {
            number = free_numbers_.back();
            free_numbers_.pop_back();
        }
        GuestPtr guest = std::move(arrived.guest);
        auto session =
            std::make_shared<Session>(*this, number, shared_->next_session_id++,
                                      MakeTransport(std::move(arrived)), std::move(guest));
        sessions_[number] = session;
        Count(sessions_total_);
        sessions_now_ = sessions_.size() - free_numbers_.size();
        session->Start();
    });
}

void IoThread::Remove(SessionNumber session) {
    const std::size_t before = Subscriptions();
    scripts_.Forget(session);
    outpoints_.Forget(session);
    const std::size_t forgotten = before - Subscriptions();
    shared_->subscriptions -= forgotten;
    sessions_[session]->GetGuest().Unwatch(forgotten);
    subscriptions_ = Subscriptions();
    sessions_[session].reset();
    free_numbers_.push_back(session);
    sessions_now_ = sessions_.size() - free_numbers_.size();
    --shared_->sessions;
}

// Views and notifications

void IoThread::OnView(ServedViewPtr served,
                      std::shared_ptr<const index::Announcement> announcement) {
    boost::asio::post(context_, [this, served = std::move(served),
                                 announcement = std::move(announcement)] {
        query_.reset();
        retired_.push_back(std::exchange(served_, served));
        if (!IsHolding())
            hold_until_ = std::chrono::steady_clock::now() + shared_->Options().header_hold;
        if (announcement->tip_changed) {
            std::string line;
            AppendNotification(line, "blockchain.headers.subscribe", '[' + served_->tip_json + ']');
            for (const auto& session : sessions_)
                if (session) session->DeliverHeader(line);
        }
        scripts_.Touch(announcement->touched);
        outpoints_.Touch(announcement->touched_txs);
        Notify();
    });
}

void IoThread::Notify() {
    const bool more_scripts = scripts_.Work(kStatusesInARow);
    const bool more = outpoints_.Work(kStatusesInARow) || more_scripts;
    notifications_ = scripts_.Sent() + outpoints_.Sent();
    if (!more || std::chrono::steady_clock::now() >= hold_until_) {
        hold_until_ = {};
        TurnDirty();
    }
    if (!more || notify_posted_) return;
    notify_posted_ = true;
    boost::asio::post(context_, [this] {
        notify_posted_ = false;
        Notify();
    });
}

void IoThread::Deliver(SessionNumber session, const Notice& notice) {
    sessions_[session]->Deliver(notice);
}

template <class Subject>
std::optional<typename Subject::Status> IoThread::InMemory(const typename Subject::Key& key) {
    try {
        return StatusOf(MemoryQuery(), key);
    } catch (const index::store::NotInMemory&) {
        return std::nullopt;
    }
}

template <class Subject>
bool IoThread::OnPool(const typename Subject::Key& key, Notifier<Subject> IoThread::*notifier) {
    auto job = [weak = weak_from_this(), key, notifier](const ServedView& served,
                                                        index::Query& query) {
        std::optional<typename Subject::Status> status;
        try {
            status = StatusOf(query, key);
        } catch (const std::exception& error) {
            spdlog::error("cannot compute what to notify of: {}", error.what());
        }
        const auto thread = weak.lock();
        if (!thread) return;
        boost::asio::post(thread->context_, [self = thread.get(), key, notifier, status,
                                             serial = served.view->serial] {
            (self->*notifier).OnStatus(key, status, serial == self->served_->view->serial);
            self->Notify();
        });
    };
    return shared_->pool.Submit(QueryPool::kOwn, std::move(job));
}

std::optional<ScriptSubject::Status> IoThread::StatusFromMemory(const index::ScriptHash& script) {
    return InMemory<ScriptSubject>(script);
}

bool IoThread::StatusFromDisk(const index::ScriptHash& script) {
    return OnPool<ScriptSubject>(script, &IoThread::scripts_);
}

std::optional<OutpointSubject::Status> IoThread::StatusFromMemory(const index::OutPoint& outpoint) {
    return InMemory<OutpointSubject>(outpoint);
}

bool IoThread::StatusFromDisk(const index::OutPoint& outpoint) {
    return OnPool<OutpointSubject>(outpoint, &IoThread::outpoints_);
}

template <class Subject>
std::optional<RpcError> IoThread::SubscribeTo(Notifier<Subject>& notifier, SessionNumber session,
                                              const typename Subject::Key& key,
                                              const typename Subject::Status& status) {
    const std::size_t before = notifier.Subscriptions();
    auto error = notifier.Subscribe(session, key, status);
    if (error || notifier.Subscriptions() == before) return error;
    if (const auto bound = CheckSubscription(session)) {
        shared_->hits.Count(*bound);
        notifier.Unsubscribe(session, key);
        return RpcError{RpcFault::limit, "Subscription limit reached"};
    }
    ++shared_->subscriptions;
    subscriptions_ = Subscriptions();
    return std::nullopt;
}

/// The bound that the newest subscription of the session is beyond; else it counts for its address.
std::optional<Bound> IoThread::CheckSubscription(SessionNumber session) {
    const ServerOptions& options = shared_->Options();
    if (SubscriptionsOf(session) > options.max_subscriptions_per_session)
        return Bound::max_subscriptions;
    if (shared_->subscriptions >= options.max_subscriptions) return Bound::max_subscriptions_total;
    if (!sessions_[session]->GetGuest().Watch()) return Bound::max_subscriptions_per_ip;
    return std::nullopt;
}

std::optional<RpcError> IoThread::Subscribe(SessionNumber session,
                                            const Effects::ScriptSubscription& subscription) {
    return SubscribeTo(scripts_, session, subscription.script, subscription.status);
}

std::optional<RpcError> IoThread::Subscribe(SessionNumber session,
                                            const Effects::OutpointSubscription& subscription) {
    return SubscribeTo(outpoints_, session, subscription.outpoint, subscription.status);
}

template <class Subject>
bool IoThread::UnsubscribeFrom(Notifier<Subject>& notifier, SessionNumber session,
                               const typename Subject::Key& key) {
    if (!notifier.Unsubscribe(session, key)) return false;
    --shared_->subscriptions;
    sessions_[session]->GetGuest().Unwatch(1);
    subscriptions_ = Subscriptions();
    return true;
}

bool IoThread::Unsubscribe(SessionNumber session, const index::ScriptHash& script) {
    return UnsubscribeFrom(scripts_, session, script);
}

bool IoThread::Unsubscribe(SessionNumber session, const index::OutPoint& outpoint) {
    return UnsubscribeFrom(outpoints_, session, outpoint);
}

// For the sessions

index::Query& IoThread::MemoryQuery() {
    if (!query_) query_.emplace(served_->view, index::store::Reach::memory);
    return *query_;
}

void IoThread::MarkDirty(SessionNumber session) {
    if (!sessions_[session] || !sessions_[session]->MarkDirty()) return;
    dirty_.push_back(session);
    if (!IsHolding()) PostTurns();
}

void IoThread::PostTurns() {
    if (turns_posted_) return;
    turns_posted_ = true;
    boost::asio::post(context_, [this] {
        turns_posted_ = false;
        TurnDirty();
    });
}

/// Those with much to do do not keep waiting who has just asked: it is read between.
void IoThread::TurnDirty() {
    const auto until = std::chrono::steady_clock::now() + kTurnsTime;
    for (std::size_t left = kTurnsInARow; left > 0 && !dirty_.empty(); --left) {
        const SessionNumber number = dirty_.front();
        dirty_.pop_front();
        if (const auto session = sessions_[number]) session->Turn();
        if (std::chrono::steady_clock::now() >= until) break;
    }
    if (!dirty_.empty()) PostTurns();
}

void IoThread::GoOnAt(std::chrono::steady_clock::time_point time, SessionNumber session) {
    const auto place = pauses_.emplace(time, sessions_[session]);
    if (place == pauses_.begin()) ArmPauses();
}

void IoThread::ArmPauses() {
    pause_timer_.expires_at(pauses_.begin()->first);
    pause_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) EndPauses();
    });
}

void IoThread::EndPauses() {
    const auto now = std::chrono::steady_clock::now();
    while (!pauses_.empty() && pauses_.begin()->first <= now) {
        const auto session = pauses_.begin()->second.lock();
        pauses_.erase(pauses_.begin());
        if (session) session->GoOn();
    }
    if (!pauses_.empty()) ArmPauses();
}

std::string IoThread::TakeBuffer() {
    if (buffers_.empty()) {
        std::string fresh;
        fresh.reserve(4096);
        return fresh;
    }
    std::string buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
}

void IoThread::GiveBuffer(std::string&& buffer) {
    if (buffers_.size() >= kKeptBuffers || buffer.capacity() > kKeptBufferBytes) return;
    buffer.clear();
    buffers_.push_back(std::move(buffer));
}

bool IoThread::Account(std::size_t before, std::size_t now) {
    buffered_bytes_ = buffered_bytes_ - before + now;
    return buffered_bytes_ <= shared_->Options().max_buffered_bytes / shared_->io_threads;
}

// Housekeeping

void IoThread::ArmTimer() {
    const ServerOptions& options = shared_->Options();
    const auto shortest = std::min({options.idle_timeout.Get(), options.request_timeout.Get(),
                                    options.write_timeout, options.first_request_timeout});
    timer_.expires_after(std::clamp<std::chrono::milliseconds>(
        shortest / 4, std::chrono::milliseconds(100), std::chrono::milliseconds(1000)));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        Tick();
        ArmTimer();
    });
}

void IoThread::Tick() {
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < sessions_.size(); ++i)
        if (const auto session = sessions_[i]) session->CheckTimeouts(now);
    Notify();  // in case the query pool was full
    DropRetired();
}

/// To take apart a large view takes some ms, so the pool does it; if that is full, at a later tick.
void IoThread::DropRetired() {
    if (retired_.empty()) return;
    const auto views = std::make_shared<std::vector<ServedViewPtr>>(std::exchange(retired_, {}));
    if (shared_->pool.Submit(QueryPool::kOwn,
                             [views](const ServedView&, index::Query&) { views->clear(); }))
        return;
    retired_ = std::move(*views);
    const std::size_t keep = std::min(retired_.size(), kMostRetired);
    retired_.erase(retired_.begin(), retired_.end() - static_cast<std::ptrdiff_t>(keep));
}

void IoThread::AddTo(ServerStats& stats, std::vector<std::uint64_t>& requests) const {
    stats.sessions += sessions_now_;
    stats.sessions_total += sessions_total_;
    stats.subscriptions += subscriptions_;
    stats.errors += errors_;
    stats.notifications += notifications_;
    for (std::size_t i = 0; i < requests_.size(); ++i) requests[i] += requests_[i];
}

template <class Action>
bool IoThread::RunAndWait(Action action) {
    const auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    boost::asio::post(context_, [action, done] {
        action();
        done->set_value();
    });
    while (future.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready)
        if (ended_) return false;
    return true;
}

std::vector<SessionInfo> IoThread::Sessions() {
    const auto infos = std::make_shared<std::vector<SessionInfo>>();
    const bool done = RunAndWait([this, infos] {
        for (const auto& session : sessions_)
            if (session) infos->push_back(session->Info());
    });
    return done ? std::move(*infos) : std::vector<SessionInfo>();
}

bool IoThread::Disconnect(std::uint64_t id) {
    const auto found = std::make_shared<bool>(false);
    const bool done = RunAndWait([this, found, id] {
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            const auto session = sessions_[i];
            if (!session || session->Id() != id) continue;
            session->Close();
            *found = true;
        }
    });
    return done && *found;
}

std::size_t IoThread::Disconnect(const Subnet& subnet) {
    const auto closed = std::make_shared<std::size_t>(0);
    const bool done = RunAndWait([this, closed, subnet] {
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            const auto session = sessions_[i];
            if (!session || !session->GetGuest().IsIn(subnet)) continue;
            session->Close();
            ++*closed;
        }
    });
    return done ? *closed : 0;
}

}  // namespace amber::server
