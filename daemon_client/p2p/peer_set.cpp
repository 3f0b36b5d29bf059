#include "daemon_client/p2p/peer_set.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <mutex>
#include <thread>

#include "daemon_client/log_limit.h"
#include "daemon_client/p2p/peer_address.h"
#include "daemon_client/p2p/peer_link.h"
#include "daemon_client/p2p/peer_tally.h"

namespace amber::daemon_client {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

namespace {

std::uint64_t NextId() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

/// One of the addresses, and the connection to it.
struct Candidate {
    Candidate(asio::io_context& io, PeerAddress where, std::chrono::milliseconds first_retry)
        : address(std::move(where)),
          tally(address.Label()),
          timer(io),
          retry(first_retry),
          trials(address.Label()) {}

    const PeerAddress address;
    PeerTally tally;  ///< thread-safe; all else is the peers' thread's
    asio::steady_timer timer;
    std::chrono::milliseconds retry;  ///< the next wait
    std::shared_ptr<PeerLink> link;   ///< null while waiting
    std::uint64_t id = 0;             ///< of the link
    Clock::time_point ready_at;
    LogLimit log;

    /// The network whose magic is tried, when ours met silence; null: ours.
    const index::Coin* tried = nullptr;
    bool all_tried = false;  ///< since it was last ready
    PeerError unheard;       ///< how the attempt ended that met silence
    PeerTally trials;        ///< what is counted of these, so that it is not taken for ours
};

}  // namespace

class PeerSet::Impl {
public:
    Impl(const index::Coin& coin, PeerSetOptions options)
        : coin_(coin),
          options_(std::move(options)),
          work_(asio::make_work_guard(io_)),
          nonces_(2 * options_.attempts_max) {
        for (const std::string& text : options_.addresses) {
            PeerAddress address = ParsePeerAddress(text, coin_.node_p2p_port);
            const bool known = std::ranges::any_of(
                candidates_, [&](const auto& other) { return other.address == address; });
            if (!known) candidates_.emplace_back(io_, std::move(address), options_.first_retry);
        }
    }

    void Start(PeerEvents events) {
        events_ = std::move(events);
        for (Candidate& candidate : candidates_) due_.push_back(&candidate);
        std::lock_guard lock(stop_mutex_);
        if (stopped_) return;
        asio::post(io_, [this] { Attempt(); });
        thread_ = std::thread([this] {
            pthread_setname_np(pthread_self(), "amber-p2p");
            Run();
        });
    }

    void Stop() {
        std::lock_guard lock(stop_mutex_);
        if (stopped_.exchange(true)) return;
        if (!thread_.joinable()) return;
        asio::post(io_, [this] {
            stopping_ = true;
            for (Candidate& candidate : candidates_)
                if (const auto link = candidate.link)
                    link->End({PeerError::Kind::stopped, "shutting down"});
            io_.stop();
        });
        thread_.join();
    }

    void After(std::chrono::milliseconds delay, std::function<void()> task) {
        if (stopped_) return;
        auto timer = std::make_shared<asio::steady_timer>(io_, delay);
        timer->async_wait([this, timer, task = std::move(task)](const error_code& error) {
            if (!error && !stopping_) task();
        });
    }

    std::vector<PeerStatus> Status() const {
        std::vector<PeerStatus> all;
        for (const Candidate& candidate : candidates_) all.push_back(candidate.tally.Get());
        return all;
    }

private:
    void Run() {
        while (!io_.stopped()) {
            try {
                io_.run();
            } catch (const std::exception& error) {
                spdlog::error("peer to peer: a task failed: {}", error.what());
            }
        }
    }

    /// Connects to those whose turn it is, as many at a time as may be.
    void Attempt() {
        while (!stopping_ && attempts_ < options_.attempts_max && !due_.empty()) {
            Candidate& candidate = *due_.front();
            due_.pop_front();
            ++attempts_;
            candidate.id = NextId();
            const index::Coin& coin = candidate.tried ? *candidate.tried : coin_;
            candidate.link = std::make_shared<PeerLink>(
                io_, coin, candidate.address, candidate.id,
                PeerMachine::Limits{.handshake = options_.handshake_timeout,
                                    .request = options_.request_timeout,
                                    .heartbeat = options_.heartbeat},
                nonces_, candidate.tried ? candidate.trials : candidate.tally, EventsOf(candidate));
            candidate.link->Start();
        }
    }

    PeerLink::Events EventsOf(Candidate& candidate) {
        return {
            .on_ready = [this, &candidate](
                            std::shared_ptr<Peer> peer) { OnReady(candidate, std::move(peer)); },
            .on_blocks =
                [this, id = candidate.id](const std::vector<index::BlockHash>& hashes) {
                    if (events_.on_blocks) events_.on_blocks(id, hashes);
                },
            .on_end = [this, &candidate](const PeerError& error) { OnEnd(candidate, error); },
        };
    }

    void OnReady(Candidate& candidate, std::shared_ptr<Peer> peer) {
        if (candidate.tried) return peer->Drop(NodeOf(*candidate.tried));
        --attempts_;
        candidate.ready_at = Clock::now();
        candidate.all_tried = false;
        const Peer::Facts& facts = peer->GetFacts();
        spdlog::info("peer {}: connected, {}, protocol {}, height {}", facts.label,
                     facts.user_agent, facts.protocol_version, facts.start_height);
        Attempt();
        if (events_.on_ready) events_.on_ready(std::move(peer));
    }

    PeerError NodeOf(const index::Coin& network) const {
        return {PeerError::Kind::wrong_network, "it is a node of " + std::string(network.name) +
                                                    " " + std::string(network.network) +
                                                    ", not of " + std::string(coin_.name) + " " +
                                                    std::string(coin_.network)};
    }

    void OnEnd(Candidate& candidate, const PeerError& error) {
        const bool was_ready = candidate.link->Ready();
        const bool unheard = !candidate.link->HeardAnything();
        candidate.link.reset();
        if (stopping_) return;
        if (candidate.tried) return OnTrialEnd(candidate, error, was_ready);
        if (!was_ready) --attempts_;
        if (options_.find_network && unheard && error.kind == PeerError::Kind::closed &&
            !candidate.all_tried) {
            candidate.unheard = error;
            TryNextNetwork(candidate);
            return Attempt();
        }
        End(candidate, error, was_ready);
    }

    /// Another network than ours, from the first on.
    void TryNextNetwork(Candidate& candidate) {
        const auto coins = index::Coins();
        const auto* next = candidate.tried ? candidate.tried + 1 : coins.data();
        const auto* const end = coins.data() + coins.size();
        while (next != end && next->genesis == coin_.genesis) ++next;
        candidate.all_tried = next == end;
        candidate.tried = candidate.all_tried ? nullptr : next;
        if (candidate.tried) due_.push_back(&candidate);
    }

    void OnTrialEnd(Candidate& candidate, const PeerError& error, bool found) {
        --attempts_;
        if (!found) {
            TryNextNetwork(candidate);
            if (candidate.tried) return Attempt();
            return End(candidate, candidate.unheard, false);
        }
        candidate.tried = nullptr;
        candidate.tally.Update([&](auto& status) {
            status.last_error = error.message;
            ++status.ends[error.kind];
        });
        End(candidate, error, false);
    }

    void End(Candidate& candidate, const PeerError& error, bool was_ready) {
        // A connection that held longer than we would have waited for it was a good one.
        if (was_ready && Clock::now() - candidate.ready_at >= candidate.retry)
            candidate.retry = options_.first_retry;
        const bool foreign = error.kind == PeerError::Kind::wrong_network;
        const auto wait = foreign ? options_.wrong_network_retry : candidate.retry;
        if (candidate.log.Allow(error.message))
            spdlog::log(LevelOf(foreign), "{}; trying again in {}", error.message, Text(wait));
        AttemptAfter(candidate, wait);
        if (!foreign) candidate.retry = std::min(2 * candidate.retry, options_.last_retry);
        Attempt();
        if (was_ready && events_.on_gone) events_.on_gone(candidate.id, error);
    }

    [[nodiscard]] spdlog::level::level_enum LevelOf(bool foreign) const {
        if (options_.guessed) return spdlog::level::debug;
        return foreign ? spdlog::level::err : spdlog::level::warn;
    }

    static std::string Text(std::chrono::milliseconds wait) {
        if (wait < std::chrono::minutes(5)) return std::to_string(wait.count()) + " ms";
        return std::to_string(std::chrono::duration_cast<std::chrono::minutes>(wait).count()) +
               " minutes";
    }

    void AttemptAfter(Candidate& candidate, std::chrono::milliseconds delay) {
        candidate.timer.expires_after(delay);
        candidate.timer.async_wait([this, &candidate](const error_code& error) {
            if (error) return;
            due_.push_back(&candidate);
            Attempt();
        });
    }

    const index::Coin& coin_;
    const PeerSetOptions options_;
    PeerEvents events_;

    std::mutex stop_mutex_;  // held while starting and stopping
    std::atomic<bool> stopped_{false};

    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;

    // Of the peers' thread alone, once started.
    NonceSet nonces_;
    std::deque<Candidate> candidates_;  ///< in the order of the addresses; they stay where they are
    std::deque<Candidate*> due_;        ///< to be connected to
    std::size_t attempts_ = 0;          ///< under way; no more than attempts_max
    bool stopping_ = false;
};

PeerSet::PeerSet(const index::Coin& coin, PeerSetOptions options)
    : impl_(std::make_unique<Impl>(coin, std::move(options))) {}

PeerSet::~PeerSet() { Stop(); }

void PeerSet::Start(PeerEvents events) { impl_->Start(std::move(events)); }
void PeerSet::Stop() { impl_->Stop(); }
void PeerSet::After(std::chrono::milliseconds delay, std::function<void()> task) {
    impl_->After(delay, std::move(task));
}
std::vector<PeerSet::PeerStatus> PeerSet::Status() const { return impl_->Status(); }

}  // namespace amber::daemon_client
