#include "daemon_client/rpc_client.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <list>
#include <mutex>
#include <thread>

#include "daemon_client/cookie.h"
#include "daemon_client/daemon_list.h"
#include "daemon_client/handshake.h"
#include "daemon_client/rpc_job.h"

namespace amber::daemon_client {

namespace asio = boost::asio;
using index::NodeError;
using index::NodeResult;
using Kind = index::NodeError::Kind;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxWaiting = 4096;  // jobs per lane
constexpr std::size_t kMaxMerged = 32;     // requests in one round trip, if not asked together
constexpr unsigned kMaxBusyRetries = 5;    // of a request the node had no room for
constexpr auto kBusyPause = std::chrono::milliseconds(200);
/// After all daemons have failed, requests fail at once for so long.
constexpr auto kDownPause = std::chrono::milliseconds(200);
constexpr auto kHandshakeTimeout = std::chrono::seconds(10);

/// In place of the node's complaint, which cannot know why we named no user.
NodeError NoCookie(const std::string& daemon, const std::string& trouble) {
    return {Kind::unauthorized, 0,
            "daemon " + daemon +
                " wants a user and password, and there is no cookie to read them "
                "from: " +
                trouble +
                " (give the node's own cookie file with --daemon-cookie, make it "
                "readable for amberd's user, or put USER:PASSWORD@ into --daemon)"};
}

NodeError Stopped() { return {Kind::stopped, 0, "shutting down"}; }

}  // namespace

class RpcClient::Impl {
public:
    Impl(const index::Coin& coin, const NodeOptions& options, std::vector<NodeUrl> urls)
        : coin_(coin),
          options_(options),
          work_(asio::make_work_guard(io_)),
          cookie_(options.cookie_file),
          daemons_(std::move(urls)) {
        LaneOf(Lane::calls).slots.resize(std::max(1u, options.call_connections));
        LaneOf(Lane::blocks).slots.resize(std::max(1u, options.block_connections));
        LaneOf(Lane::control).slots.resize(2);
        info_.label = daemons_.Current().Label();
    }

    void Start() {
        thread_ = std::thread([this] {
            pthread_setname_np(pthread_self(), "amber-node-io");
            io_.run();
        });
    }

    void Stop() {
        {
            std::lock_guard lock(mutex_);
            if (stopped_) return;
            stopped_ = true;
        }
        io_.stop();
        if (thread_.joinable()) thread_.join();
        // The io thread is gone: its state is ours.
        for (auto& [lane, job] : std::exchange(incoming_, {})) job.Fail(Stopped());
        for (RpcLane& lane : lanes_) {
            for (RpcSlot& slot : lane.slots) {
                slot.connection.reset();
                for (RpcJob& job : std::exchange(slot.jobs, {})) job.Fail(Stopped());
            }
            for (RpcJob& job : std::exchange(lane.waiting, {})) job.Fail(Stopped());
        }
        for (RpcJob& job : std::exchange(pausing_, {})) job.Fail(Stopped());
    }

    void Submit(Lane lane, RpcJob job) {
        {
            std::lock_guard lock(mutex_);
            if (!stopped_) {
                incoming_.emplace_back(lane, std::move(job));
                if (incoming_.size() == 1) asio::post(io_, [this] { TakeIncoming(); });
                return;
            }
        }
        job.Fail(Stopped());
    }

    void GiveUpOn(std::uint64_t epoch, NodeError why) {
        asio::post(io_, [this, epoch, why = std::move(why)] {
            if (daemons_.Size() > 1 && daemons_.Verified() && daemons_.Epoch() == epoch)
                DaemonFailed(why);
        });
    }

    void SetUrls(std::vector<NodeUrl> urls) {
        asio::post(io_, [this, urls = std::move(urls)]() mutable {
            daemons_.Replace(std::move(urls));
            down_until_ = {};
            PublishInfo();
            DispatchAll();
        });
    }

    DaemonInfo Current() const {
        std::lock_guard lock(mutex_);
        return info_;
    }

    void After(std::chrono::milliseconds delay, std::function<void()> task) {
        auto timer = std::make_shared<asio::steady_timer>(io_, delay);
        timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& error) {
            if (!error) task();
        });
    }

    const NodeOptions& Options() const { return options_; }

private:
    RpcLane& LaneOf(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }

    void TakeIncoming() {
        std::vector<std::pair<Lane, RpcJob>> taken;
        {
            std::lock_guard lock(mutex_);
            taken.swap(incoming_);
        }
        for (auto& [lane, job] : taken) {
            if (LaneOf(lane).waiting.size() >= kMaxWaiting)
                job.Fail({Kind::overloaded, 0, "too many requests wait for the daemon"});
            else
                LaneOf(lane).waiting.push_back(std::move(job));
        }
        DispatchAll();
    }

    void DispatchAll() {
        Dispatch(Lane::control);
        if (!daemons_.Verified()) {
            if (!LaneOf(Lane::calls).waiting.empty() || !LaneOf(Lane::blocks).waiting.empty())
                Verify();
            return;
        }
        Dispatch(Lane::calls);
        Dispatch(Lane::blocks);
    }

    void Dispatch(Lane which) {
        RpcLane& lane = LaneOf(which);
        for (RpcSlot& slot : lane.slots) {
            if (lane.waiting.empty()) return;
            if (!slot.jobs.empty()) continue;
            slot.jobs.push_back(std::move(lane.waiting.front()));
            lane.waiting.pop_front();
            std::size_t requests = slot.jobs.front().requests.size();
            while (slot.jobs.front().merge && !lane.waiting.empty() && lane.waiting.front().merge &&
                   requests + lane.waiting.front().requests.size() <= kMaxMerged) {
                requests += lane.waiting.front().requests.size();
                slot.jobs.push_back(std::move(lane.waiting.front()));
                lane.waiting.pop_front();
            }
            Send(which, slot);
        }
    }

    void Send(Lane which, RpcSlot& slot) {
        const NodeUrl& url = daemons_.Current();
        if (!slot.connection || slot.url != url) {
            slot.url = url;
            slot.connection = std::make_unique<HttpConnection>(
                io_, url,
                HttpConnection::Limits{options_.connect_timeout, options_.max_answer_bytes});
        }
        slot.epoch = daemons_.Epoch();
        HttpRequest request;
        request.authorization =
            url.authorization.empty() ? cookie_.Authorization() : url.authorization;
        request.timeout = {};
        for (const RpcJob& job : slot.jobs)
            request.timeout = std::max(request.timeout, job.timeout);
        if (slot.jobs.front().IsGet()) {
            request.target = slot.jobs.front().target;
        } else {
            std::vector<RpcRequest> requests;
            for (const RpcJob& job : slot.jobs)
                requests.insert(requests.end(), job.requests.begin(), job.requests.end());
            slot.first_id = next_id_;
            next_id_ += requests.size();
            request.body = WriteRpcRequests(requests, slot.first_id);
        }
        slot.connection->Send(std::move(request), [this, which, &slot](auto answer) {
            OnAnswer(which, slot, std::move(answer));
            DispatchAll();
        });
    }

    void OnAnswer(Lane which, RpcSlot& slot, NodeResult<HttpAnswer> answer) {
        std::vector<RpcJob> jobs = std::exchange(slot.jobs, {});
        if (answer.has_error()) return OnTrouble(which, slot, std::move(jobs), answer.error());
        const bool is_get = jobs.front().IsGet();
        std::size_t count = 0;
        for (const RpcJob& job : jobs) count += job.requests.size();
        const bool reads_rpc =
            !is_get || answer->status == 401 || answer->status == 403 || answer->status == 503;
        if (reads_rpc) {
            auto results = ReadRpcAnswer(answer->status, answer->Text(), count, slot.first_id,
                                         slot.url.Label());
            if (results.has_error()) {
                const auto no_cookie = answer->status == 401 && slot.url.authorization.empty()
                                           ? cookie_.Trouble()
                                           : std::nullopt;
                return OnTrouble(
                    which, slot, std::move(jobs),
                    no_cookie ? NoCookie(slot.url.Label(), *no_cookie) : results.error());
            }
            Deliver(jobs, *results, slot.epoch);
            slot.connection->Recycle(std::move(answer->body));
        } else {
            jobs.front().got(std::move(answer), slot.epoch);
        }
    }

    static void Deliver(std::vector<RpcJob>& jobs, std::vector<RpcResult>& results,
                        std::uint64_t epoch) {
        auto next = results.begin();
        for (RpcJob& job : jobs) {
            const auto end = next + static_cast<std::ptrdiff_t>(job.requests.size());
            job.done(Answer{{std::make_move_iterator(next), std::make_move_iterator(end)}, epoch});
            next = end;
        }
    }

    /// Decides for each job of a failed exchange: again, elsewhere, or give up.
    void OnTrouble(Lane which, RpcSlot& slot, std::vector<RpcJob> jobs, const NodeError& error) {
        if (error.kind == Kind::unauthorized && slot.url.authorization.empty() &&
            !jobs.front().reauthorized && cookie_.Reload()) {
            for (RpcJob& job : jobs) job.reauthorized = true;
            return Requeue(which, std::move(jobs));
        }
        if (which == Lane::control || error.kind == Kind::refused) {
            for (RpcJob& job : jobs) job.Fail(error);
            return;
        }
        if (error.kind == Kind::overloaded) return PauseBusy(which, std::move(jobs), error);

        if (daemons_.Verified() && daemons_.Epoch() == slot.epoch) DaemonFailed(error);
        // A request that took too long would take as long again.
        const std::size_t tries = daemons_.Size() + (error.kind == Kind::timeout ? 0 : 1);
        std::vector<RpcJob> again;
        for (RpcJob& job : jobs) {
            if (++job.failures < tries)
                again.push_back(std::move(job));
            else
                job.Fail(error);
        }
        Requeue(which, std::move(again));
    }

    void Requeue(Lane which, std::vector<RpcJob> jobs) {
        auto& waiting = LaneOf(which).waiting;
        waiting.insert(waiting.begin(), std::make_move_iterator(jobs.begin()),
                       std::make_move_iterator(jobs.end()));
    }

    void PauseBusy(Lane which, std::vector<RpcJob> jobs, const NodeError& error) {
        for (RpcJob& job : jobs) {
            if (++job.busy_retries > kMaxBusyRetries) {
                job.Fail(error);
                continue;
            }
            const auto place = pausing_.insert(pausing_.end(), std::move(job));
            After(kBusyPause, [this, which, place] {
                LaneOf(which).waiting.push_back(std::move(*place));
                pausing_.erase(place);
                DispatchAll();
            });
        }
    }

    /// Turns to the next daemon. False if all have been tried in vain.
    bool DaemonFailed(const NodeError& error) {
        const bool more = daemons_.Failed(error);
        PublishInfo();
        return more;
    }

    void FailWaiting() {
        for (const Lane lane : {Lane::calls, Lane::blocks})
            for (RpcJob& job : std::exchange(LaneOf(lane).waiting, {})) job.Fail(down_error_);
    }

    /// Asks the current daemon who it is; then dispatches, or tries the next.
    void Verify() {
        if (verifying_) return;
        if (Clock::now() < down_until_) return FailWaiting();
        verifying_ = true;
        RpcJob job;
        job.requests = HandshakeRequests();
        job.timeout =
            std::min<std::chrono::milliseconds>(kHandshakeTimeout, options_.answer_timeout);
        job.done = [this, url = daemons_.Current()](NodeResult<Answer> answer) {
            verifying_ = false;
            // Replaced meanwhile (or stopping): the answer is of no interest.
            if (url != daemons_.Current() || IsStopped()) return;
            OnHandshake(answer.has_error() ? NodeResult<NodeVersion>(answer.error())
                                           : ReadHandshake(coin_, url.Label(), answer->results));
        };
        LaneOf(Lane::control).waiting.push_front(std::move(job));
        Dispatch(Lane::control);
    }

    void OnHandshake(NodeResult<NodeVersion> version) {
        if (version.has_value()) {
            daemons_.Succeeded(version->subversion);
            {
                std::lock_guard lock(mutex_);
                info_.version = version->number;
                info_.subversion = std::move(version->subversion);
            }
            PublishInfo();
        } else if (!DaemonFailed(version.error())) {
            down_until_ = Clock::now() + kDownPause;
            down_error_ = version.error();
            FailWaiting();
        }
    }

    void PublishInfo() {
        std::lock_guard lock(mutex_);
        info_.label = daemons_.Current().Label();
        info_.verified = daemons_.Verified();
        info_.epoch = daemons_.Epoch();
    }

    bool IsStopped() const {
        std::lock_guard lock(mutex_);
        return stopped_;
    }

    const index::Coin& coin_;
    const NodeOptions options_;

    mutable std::mutex mutex_;  // guards the next three
    bool stopped_ = false;
    std::vector<std::pair<Lane, RpcJob>> incoming_;
    DaemonInfo info_;

    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;

    // Of the io thread alone; of Stop()'s caller once it has ended.
    Cookie cookie_;
    DaemonList daemons_;
    std::array<RpcLane, 3> lanes_;
    std::list<RpcJob> pausing_;  ///< refused by a busy node, waiting for their next try
    bool verifying_ = false;
    Clock::time_point down_until_;
    NodeError down_error_;
    std::uint64_t next_id_ = 1;
};

RpcClient::RpcClient(const index::Coin& coin, const NodeOptions& options, std::vector<NodeUrl> urls)
    : impl_(std::make_unique<Impl>(coin, options, std::move(urls))) {}

RpcClient::~RpcClient() { Stop(); }

void RpcClient::Start() { impl_->Start(); }
void RpcClient::Stop() { impl_->Stop(); }

void RpcClient::CallBatch(std::vector<RpcRequest> batch, CallOptions options, Done done) {
    RpcJob job;
    job.requests = std::move(batch);
    job.merge = options.merge;
    job.timeout = options.timeout.value_or(impl_->Options().answer_timeout);
    job.done = std::move(done);
    impl_->Submit(options.lane, std::move(job));
}

void RpcClient::Call(RpcRequest request, CallOptions options, OneDone done) {
    std::vector<RpcRequest> batch;
    batch.push_back(std::move(request));
    CallBatch(std::move(batch), options, [done = std::move(done)](NodeResult<Answer> answer) {
        if (answer.has_error())
            done(answer.error());
        else
            done(std::move(answer->results.front()));
    });
}

void RpcClient::Get(std::string target, GetDone done) {
    RpcJob job;
    job.target = std::move(target);
    job.timeout = impl_->Options().answer_timeout;
    job.got = std::move(done);
    impl_->Submit(Lane::blocks, std::move(job));
}

NodeResult<std::string> RpcClient::Wait(RpcRequest request, CallOptions options) {
    std::promise<NodeResult<std::string>> promise;
    Call(std::move(request), options, [&](RpcResult result) {
        if (result.has_error())
            promise.set_value(result.error());
        else
            promise.set_value(std::string(*result));
    });
    return promise.get_future().get();
}

NodeResult<std::vector<NodeResult<std::string>>> RpcClient::WaitBatch(std::vector<RpcRequest> batch,
                                                                      CallOptions options) {
    using Texts = std::vector<NodeResult<std::string>>;
    std::promise<NodeResult<Texts>> promise;
    CallBatch(std::move(batch), options, [&](NodeResult<Answer> answer) {
        if (answer.has_error()) return promise.set_value(answer.error());
        Texts texts;
        texts.reserve(answer->results.size());
        for (const RpcResult& result : answer->results) {
            if (result.has_error())
                texts.emplace_back(result.error());
            else
                texts.emplace_back(std::string(*result));
        }
        promise.set_value(std::move(texts));
    });
    return promise.get_future().get();
}

void RpcClient::GiveUpOn(std::uint64_t epoch, const NodeError& why) { impl_->GiveUpOn(epoch, why); }
void RpcClient::SetUrls(std::vector<NodeUrl> urls) { impl_->SetUrls(std::move(urls)); }
DaemonInfo RpcClient::Current() const { return impl_->Current(); }
void RpcClient::After(std::chrono::milliseconds delay, std::function<void()> task) {
    impl_->After(delay, std::move(task));
}

}  // namespace amber::daemon_client
