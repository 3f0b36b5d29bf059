#include "server/peers/peer_finder.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "server/peers/our_features.h"
#include "server/peers/peer_file.h"
#include "server/peers/peer_offers.h"
#include "server/peers/peer_visit.h"
#include "server/peers/seeds.h"
#include "server/wire/thread_name.h"

namespace amber::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::seconds;

/// A new draw of who is listed, and a save of what changed.
constexpr seconds kRefresh{60};

PeerBook::Time Now() {
    return std::chrono::time_point_cast<seconds>(std::chrono::system_clock::now());
}

SslContextPtr ClientTls() {
    const SslContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (!context) throw std::runtime_error("cannot set up TLS: " + OpenSslError());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
    return context;
}

std::vector<PeerHost> OursOf(const PeerOptions& options) {
    return options.private_too ? PeerHostsOf(options.public_hosts)
                               : PublicPeerHostsOf(options.public_hosts);
}

/// Our features for server.add_peer, whose first host is what counts: the name we can be seen to
/// come from. Empty: we have no such name.
std::string Announcement(const PeerOptions& options, const std::vector<PeerHost>& ours,
                         const index::Coin& coin, bool onion) {
    const auto is_first = [&](const std::string& name) { return IsOnion(name) == onion; };
    if (!options.announce || std::ranges::none_of(ours, is_first, &PeerHost::name)) return {};
    auto hosts = options.public_hosts;
    std::stable_partition(hosts.begin(), hosts.end(),
                          [&](const PublicHost& host) { return is_first(host.name); });
    return FeaturesText(hosts, coin.genesis, options.software, true);
}

}  // namespace

class PeerFinder::Impl {
public:
    Impl(PeerOptions options, const index::Coin& coin)
        : options_(std::move(options)),
          ours_(OursOf(options_)),
          terms_{.software = options_.software,
                 .genesis = coin.genesis,
                 .usual_ports = UsualPortsOf(coin),
                 .ours = ours_},
          announcement_(Announcement(options_, ours_, coin, false)),
          onion_announcement_(Announcement(options_, ours_, coin, true)),
          tls_(ClientTls()),
          work_(asio::make_work_guard(io_)),
          book_(options_.times),
          offers_(io_, {.onions = options_.proxy.has_value(), .lookups = !options_.proxy_for_all},
                  random_) {
        if (options_.mode == PeerOptions::Mode::on) {
            if (const auto trouble = LoadPeers(options_.file, terms_.genesis, book_, Now()))
                spdlog::warn("peers: {} {}; beginning anew", options_.file.string(), *trouble);
            // The options may have been others then.
            book_.ForgetIf([this](const PeerHost& host) { return WhyNot(host).has_value(); });
            for (const PeerHost& seed : options_.seeds) NoteSeed(seed);
        }
        Publish();
    }

    ~Impl() { Stop(); }

    void Start(ChainView::Newest newest) {
        if (options_.mode != PeerOptions::Mode::on) return;
        chain_.emplace(std::move(newest));
        means_.emplace(VisitMeans{options_, terms_, *chain_, tls_});
        const std::lock_guard lock(start_mutex_);
        if (stopped_ || thread_.joinable()) return;
        spdlog::info("peers: {} known; {}", book_.All().size(),
                     announcement_.empty() && onion_announcement_.empty()
                         ? "we tell nobody of ourselves"
                         : "we tell them of ourselves");
        asio::post(io_, [this] { Work(); });
        thread_ = std::thread([this] { Run(); });
    }

    void Stop() {
        const std::lock_guard lock(start_mutex_);
        if (stopped_.exchange(true) || !thread_.joinable()) return;
        asio::post(io_, [this] {
            offers_.Stop();
            timer_.cancel();
            for (const auto& [name, visit] : visits_) visit->Abort();
            visits_.clear();
            Save();
            io_.stop();
        });
        thread_.join();
    }

    std::shared_ptr<const Snapshot> Current() const {
        const std::lock_guard lock(current_mutex_);
        return current_;
    }

    void Offer(PeerFeatures features, std::optional<asio::ip::address> caller, Reply reply) {
        const bool useful = caller && options_.mode == PeerOptions::Mode::on && !stopped_ &&
                            features.genesis == terms_.genesis && !features.hosts.empty() &&
                            !WhyNot(features.hosts.front());
        if (!useful) return reply(false);
        const bool posted = Post([this, host = features.hosts.front(), caller = *caller, reply] {
            offers_.Decide(host.name, caller, [this, host, reply](bool accepted) {
                reply(accepted && Take(host, "itself", !IsOnion(host.name)));
            });
        });
        if (!posted) reply(false);
    }

    std::optional<std::string> Add(const PeerHost& host) {
        if (options_.mode != PeerOptions::Mode::on)
            return "no peers are looked for: see --peer-discovery";
        if (auto why = WhyNot(host)) return why;
        const bool posted = Post([this, host] {
            book_.MakeDue(host.name, Now());
            Take(host, "the operator", true);
        });
        return posted ? std::nullopt : std::optional<std::string>("too many wait already");
    }

private:
    void Run() {
        NameThisThread("peers");
        while (!io_.stopped()) {
            try {
                io_.run();
            } catch (const std::exception& error) {
                spdlog::error("peers: a task failed: {}", error.what());
            }
        }
    }

    /// Runs `task` on the thread. False if too many wait for it. Thread-safe.
    template <class Task>
    bool Post(Task task) {
        if (waiting_.fetch_add(1) >= kOffersMax) {
            --waiting_;
            return false;
        }
        asio::post(io_, [this, task = std::move(task)] {
            --waiting_;
            task();
        });
        return true;
    }

    /// Why a host is not worth a look; nothing if it is. Thread-safe.
    std::optional<std::string> WhyNot(const PeerHost& host) const {
        if (std::ranges::find(ours_, host.name, &PeerHost::name) != ours_.end())
            return "that is this server";
        if (!options_.private_too && !IsPublicName(host.name)) return "its address is not public";
        if (IsOnion(host.name) && !options_.proxy) return "onions need --tor-proxy";
        return std::nullopt;
    }

    void NoteSeed(const PeerHost& seed) {
        const auto why_not = WhyNot(seed);
        if (!why_not)
            book_.Note(seed, "the start", Now(), false);
        else if (!IsOnion(seed.name))
            spdlog::warn("peers: {} is left out: {}", seed.name, *why_not);
    }

    /// `trusted`: on the word of its owner, or ours. Of an onion anybody may have told.
    bool Take(const PeerHost& host, const std::string& source, bool trusted) {
        const auto noted = book_.Note(host, source, Now(), trusted);
        if (noted == PeerBook::Noted::full) return false;
        if (noted == PeerBook::Noted::known) {
            Work();  // it may be due
            return true;
        }
        spdlog::info("peers: {} by {}", host.name, source);
        Changed();
        return true;
    }

    /// Visits whoever is due, and comes again.
    void Work() {
        while (visits_.size() < options_.visits_max) {
            const auto host = book_.TakeDue(Now());
            if (!host) break;
            Visit(*host);
        }
        seconds pause = kRefresh;
        if (const auto next = book_.NextDue(); next && visits_.size() < options_.visits_max)
            pause = std::clamp(*next - Now(), seconds(1), kRefresh);
        timer_.expires_after(pause);
        timer_.async_wait([this](const error_code& cancelled) {
            if (cancelled) return;
            Refresh();
            Work();
        });
    }

    void Refresh() {
        const auto now = std::chrono::steady_clock::now();
        if (now < refreshed_ + kRefresh) return;
        refreshed_ = now;
        Publish();
        Save();
    }

    void Visit(const PeerHost& host) {
        const bool proxied = options_.proxy && (options_.proxy_for_all || IsOnion(host.name));
        const auto visit = std::make_shared<PeerVisit>(
            io_, *means_, host, proxied ? onion_announcement_ : announcement_,
            [this, name = host.name](const std::string& address) {
                return book_.WhyNoRoom(name, address, Now());
            },
            [this, name = host.name](PeerVisit::Result result) {
                visits_.erase(name);
                OnVisited(name, std::move(result));
                Changed();
            });
        visits_[host.name] = visit;
        visit->Start();
    }

    void OnVisited(const std::string& name, PeerVisit::Result result) {
        PeerVerdict& verdict = result.verdict;
        if (verdict.kind == PeerVerdict::Kind::good) {
            // Another at that place may have passed meanwhile.
            if (auto why = book_.WhyNoRoom(name, result.address, Now()))
                verdict = {.kind = PeerVerdict::Kind::bad, .why = std::move(*why)};
        }
        if (verdict.kind == PeerVerdict::Kind::good) return OnGood(name, std::move(result));
        const bool bad = verdict.kind == PeerVerdict::Kind::bad;
        const bool forgotten = book_.Failed(name, verdict.why, bad, Now());
        spdlog::debug("peers: {} is {}: {}{}", name, bad ? "bad" : "not there", verdict.why,
                      forgotten ? "; forgotten" : "");
    }

    void OnGood(const std::string& name, PeerVisit::Result result) {
        const PeerVerdict& verdict = result.verdict;
        const PeerEntry& entry = book_.All().at(name);
        const bool news = book_.StatusOf(entry, Now()) != PeerStatus::good;
        book_.Passed(name, verdict.features, result.address, Now());
        spdlog::log(news ? spdlog::level::info : spdlog::level::debug, "peers: {} is good, {}{}",
                    name, verdict.features.software,
                    verdict.announced ? "; it took our announcement" : "");
        NoteSome(verdict.others, name);
    }

    /// Few, so that a peer that names many of its own is but one voice.
    void NoteSome(std::vector<PeerHost> hosts, const std::string& source) {
        std::ranges::shuffle(hosts, random_);
        std::size_t added = 0;
        for (const PeerHost& host : hosts) {
            if (added == kNewPerVisit) return;
            if (WhyNot(host)) continue;
            added += book_.Note(host, source, Now(), false) == PeerBook::Noted::added;
        }
    }

    void Changed() {
        unsaved_ = true;
        Publish();
        Work();
    }

    void Publish() {
        const auto now = Now();
        auto next = std::make_shared<Snapshot>();
        next->listing = MakeListing(ours_, book_.Good(now), random_);
        for (const auto& [name, entry] : book_.All())
            next->rows.push_back({entry, book_.StatusOf(entry, now)});
        const std::lock_guard lock(current_mutex_);
        current_ = std::move(next);
    }

    void Save() {
        if (!std::exchange(unsaved_, false)) return;
        const auto trouble = SavePeers(options_.file, terms_.genesis, book_);
        if (trouble && *trouble != save_trouble_)
            spdlog::warn("peers: cannot write {}: {}", options_.file.string(), *trouble);
        save_trouble_ = trouble.value_or("");
    }

    const PeerOptions options_;
    const std::vector<PeerHost> ours_;
    const PeerCheck::Terms terms_;
    const std::string announcement_, onion_announcement_;
    const SslContextPtr tls_;

    std::mutex start_mutex_;  ///< held while starting and stopping
    std::atomic<bool> stopped_{false};
    std::atomic<std::size_t> waiting_{0};  ///< tasks of other threads
    mutable std::mutex current_mutex_;     ///< held for no longer than a pointer takes to copy
    std::shared_ptr<const Snapshot> current_;

    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;

    // Of the thread alone, once it runs.
    std::optional<ChainView> chain_;
    std::optional<VisitMeans> means_;
    asio::steady_timer timer_{io_};
    std::mt19937 random_{std::random_device{}()};
    PeerBook book_;
    PeerOffers offers_;
    std::map<std::string, std::shared_ptr<PeerVisit>> visits_;
    std::chrono::steady_clock::time_point refreshed_;
    bool unsaved_ = false;
    std::string save_trouble_;
};

PeerFinder::PeerFinder(PeerOptions options, const index::Coin& coin)
    : impl_(std::make_unique<Impl>(std::move(options), coin)) {}

PeerFinder::~PeerFinder() = default;

void PeerFinder::Start(ChainView::Newest newest) { impl_->Start(std::move(newest)); }

void PeerFinder::Stop() { impl_->Stop(); }

std::shared_ptr<const PeerFinder::Snapshot> PeerFinder::Current() const { return impl_->Current(); }

void PeerFinder::Offer(PeerFeatures features, std::optional<boost::asio::ip::address> caller,
                       Reply reply) {
    impl_->Offer(std::move(features), std::move(caller), std::move(reply));
}

std::optional<std::string> PeerFinder::Add(const PeerHost& host) { return impl_->Add(host); }

}  // namespace amber::server
