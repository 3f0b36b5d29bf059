#include "server/wallet_server.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "server/entrance/door.h"
#include "server/entrance/listener.h"
#include "server/session/io_thread.h"
#include "server/session/session.h"
#include "server/wire/peer_name.h"

namespace amber::server {
namespace {

unsigned IoThreadsOf(const ServerOptions& options) {
    if (options.io_threads != 0) return options.io_threads;
    return std::max(1u, std::thread::hardware_concurrency());
}

// What a connection has cost when its session begins, in units of CostRules.
constexpr double kCostOfTls = 0.5, kCostOfPlain = 0.05;

double CostOf(TransportKind kind) { return HasTls(kind) ? kCostOfTls : kCostOfPlain; }

bool HasTls(const ListenOptions& listen) { return HasTls(listen.transport); }

}  // namespace

class WalletServer::Impl {
public:
    Impl(ServerOptions options, const index::Coin& coin, index::WalletNode& node,
         index::NodeEventSink on_node_event, PeerDirectory* peers)
        : shared_(std::make_shared<Shared>(std::make_shared<Services>(
              std::move(options), coin, node, std::move(on_node_event), peers))) {
        const ServerOptions& all = shared_->Options();
        if (std::ranges::any_of(all.listeners, [](const auto& each) { return HasTls(each); }))
            certificate_.emplace(all.certificate);
    }

    void CheckAddresses() const {
        for (const ListenOptions& listen : shared_->Options().listeners) CheckAddress(listen);
    }

    void ReloadCertificate() {
        if (certificate_) certificate_->Reload();
    }

    void PollBanners() {
        for (BannerFile* banner : Banners()) banner->Poll();
    }

    std::vector<std::string> ReloadBanners() {
        std::vector<std::string> lines;
        for (BannerFile* banner : Banners()) lines.push_back(banner->Reload());
        return lines;
    }

    void Start(index::ViewPtr view) {
        const std::lock_guard lock(mutex_);
        if (!served_ || served_->view->serial < view->serial)
            served_ = MakeServedView(std::move(view));
        shared_->services->answers.MoveTo(served_->view->serial, {});
        shared_->io_threads = IoThreadsOf(shared_->Options());
        for (unsigned i = 0; i < shared_->io_threads; ++i)
            threads_.push_back(std::make_shared<IoThread>(i, shared_, served_));
        MakeDoors();
        try {
            for (const ListenOptions& listen : shared_->Options().listeners)
                listeners_.push_back(MakeListener(listen));
        } catch (...) {
            listeners_.clear();
            doors_.clear();
            threads_.clear();
            throw;
        }
        shared_->pool.Start(served_);
        for (const auto& thread : threads_) thread->Start();
        for (const auto& door : doors_) door->Start();
        for (const auto& listener : listeners_) listener->Start();
    }

    void OnAnnouncement(const std::shared_ptr<const index::Announcement>& announcement) {
        const std::lock_guard lock(mutex_);
        shared_->services->answers.MoveTo(announcement->view->serial, announcement->touched);
        try {
            served_ = served_ && !announcement->tip_changed
                          ? MakeServedView(announcement->view, *served_)
                          : MakeServedView(announcement->view);
        } catch (const std::exception& error) {
            // The writer works on the same database and meets the same trouble.
            return spdlog::error("cannot serve a new view: {}", error.what());
        }
        if (announcement->tip_changed) shared_->services->fees->OnNewTip();
        // The threads first: a result from the pool must not be newer than its thread's view.
        for (const auto& thread : threads_) thread->OnView(served_, announcement);
        shared_->pool.SetView(served_);
    }

    void Stop() {
        const std::lock_guard lock(mutex_);
        for (const auto& listener : listeners_) listener->Stop();
        for (const auto& door : doors_) door->Stop();
        for (const auto& thread : threads_) thread->Stop();
        shared_->pool.Stop();
        listeners_.clear();
        doors_.clear();
        threads_.clear();
        served_.reset();
    }

    std::vector<std::uint16_t> Ports() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::uint16_t> ports;
        for (const auto& listener : listeners_) ports.push_back(listener->Port());
        return ports;
    }

    std::vector<std::string> Addresses() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> addresses;
        for (const auto& listener : listeners_) addresses.push_back(listener->Name());
        return addresses;
    }

    ServerStats Stats() const {
        const std::lock_guard lock(mutex_);
        ServerStats stats;
        std::vector<std::uint64_t> requests(Methods().size());
        for (const auto& thread : threads_) thread->AddTo(stats, requests);
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (requests[i] == 0) continue;
            if (stats.requests.empty() || stats.requests.back().first != Methods()[i].name)
                stats.requests.emplace_back(Methods()[i].name, 0);
            stats.requests.back().second += requests[i];
        }
        stats.txs_sent = shared_->services->txs_sent;
        stats.bound_hits = shared_->hits.Read();
        return stats;
    }

    // Asking the threads takes as long as their turns: not while announcements wait for the lock.

    std::vector<SessionInfo> Sessions() const {
        std::vector<SessionInfo> all;
        for (const auto& thread : Threads()) {
            std::vector<SessionInfo> some = thread->Sessions();
            std::move(some.begin(), some.end(), std::back_inserter(all));
        }
        std::sort(all.begin(), all.end(),
                  [](const SessionInfo& a, const SessionInfo& b) { return a.id < b.id; });
        return all;
    }

    bool Disconnect(std::uint64_t id) {
        const auto threads = Threads();
        return std::any_of(threads.begin(), threads.end(),
                           [id](const auto& thread) { return thread->Disconnect(id); });
    }

    void SetLimits(const Limits& limits) {
        static_cast<Limits&>(shared_->services->options) = limits;
    }

    void SetExempt(std::vector<Subnet> subnets) { shared_->guests.SetExempt(std::move(subnets)); }

    std::vector<GroupReport> Groups() const {
        std::vector<GroupReport> reports;
        std::map<std::string, std::size_t> by_name;
        for (GroupInfo& group : shared_->guests.Groups()) {
            if (reports.size() == kMostGroups) break;
            by_name[group.name] = reports.size();
            reports.push_back({.name = std::move(group.name),
                               .connections = group.connections,
                               .cost = group.cost});
        }
        for (const SessionInfo& session : Sessions()) {
            const auto found = by_name.find(session.group);
            if (found == by_name.end()) continue;
            GroupReport& report = reports[found->second];
            ++report.sessions;
            report.subscriptions += session.subscriptions;
            report.requests += session.requests;
            report.bytes_received += session.bytes_received;
            report.bytes_sent += session.bytes_sent;
        }
        return reports;
    }

    std::size_t AddBan(const Ban& ban) {
        shared_->bans.Add(ban);
        std::size_t closed = 0;
        for (const auto& thread : Threads()) closed += thread->Disconnect(ban.subnet);
        return closed;
    }

    bool RemoveBan(const Subnet& subnet) { return shared_->bans.Remove(subnet); }
    std::vector<Ban> Bans() const { return shared_->bans.All(); }

private:
    /// Those that are files.
    std::vector<BannerFile*> Banners() const {
        std::vector<BannerFile*> banners;
        for (BannerFile* each : {&shared_->services->banner, &shared_->services->tor_banner})
            if (each->IsFile()) banners.push_back(each);
        return banners;
    }

    std::vector<std::shared_ptr<IoThread>> Threads() const {
        const std::lock_guard lock(mutex_);
        return threads_;
    }

    void MakeDoors() {
        const ServerOptions& options = shared_->Options();
        const std::size_t count = (threads_.size() + 1) / 2;
        for (unsigned i = 0; i < count; ++i)
            doors_.push_back(std::make_shared<Door>(
                i, count, options, certificate_ ? &*certificate_ : nullptr, shared_->hits,
                [this](const auto& client) { return shared_->guests.Enter(client, kCostOfTls); },
                [this](Arrival arrival) { BeginSession(std::move(arrival)); }));
    }

    std::shared_ptr<Listener> MakeListener(const ListenOptions& listen) {
        // Those whose every client needs a door accept there, no faster than it opens.
        auto& context = listen.transport == TransportKind::tcp
                            ? threads_.front()->Context()
                            : doors_[listeners_.size() % doors_.size()]->Context();
        return std::make_shared<Listener>(context, listen,
                                          [this, kind = listen.transport](Accepted accepted) {
                                              Admit(std::move(accepted), kind);
                                          });
    }

    /// On the thread of the listener.
    void Admit(Accepted accepted, TransportKind kind) {
        const bool is_proxy = IsTrusted(accepted, shared_->Options().proxies);
        if (!is_proxy) {
            accepted.guest = shared_->guests.Enter(accepted.Address(), CostOf(kind));
            if (!accepted.guest || !HasRoom(*accepted.guest, shared_->sessions)) return;
        }
        if (kind != TransportKind::tcp || is_proxy)
            return doors_[next_door_++ % doors_.size()]->Enter(std::move(accepted), kind);
        Arrival arrival{.kind = kind,
                        .peer = accepted.peer ? NameOf(*accepted.peer) : "unix",
                        .guest = std::move(accepted.guest),
                        .descriptor = std::move(accepted.descriptor),
                        .tls = {},
                        .upgrade = {}};
        BeginSession(std::move(arrival));
    }

    /// Sessions go to the I/O threads in turn. Thread-safe.
    void BeginSession(Arrival arrival) {
        if (!HasRoom(*arrival.guest, shared_->sessions.fetch_add(1))) {
            --shared_->sessions;
            return;
        }
        threads_[next_thread_++ % threads_.size()]->Adopt(std::move(arrival));
    }

    /// Who finds no room is closed, so that a wallet tries another server at once. The operator's
    /// own wallets are not to be kept out by others.
    bool HasRoom(const Guest& guest, std::size_t sessions) const {
        const std::size_t most = shared_->Options().max_sessions;
        if (sessions < most + (guest.IsExempt() ? most / 10 : 0)) return true;
        shared_->hits.Count(Bound::max_sessions);
        return false;
    }

    const std::shared_ptr<Shared> shared_;
    std::optional<CertificateKeeper> certificate_;
    std::atomic<std::size_t> next_door_{0};
    std::atomic<std::size_t> next_thread_{0};
    mutable std::mutex mutex_;  ///< guards all below; threads_, doors_ change only while none runs
    ServedViewPtr served_;
    std::vector<std::shared_ptr<IoThread>> threads_;
    std::vector<std::shared_ptr<Door>> doors_;
    std::vector<std::shared_ptr<Listener>> listeners_;
};

WalletServer::WalletServer(ServerOptions options, const index::Coin& coin, index::WalletNode& node,
                           index::NodeEventSink on_node_event, PeerDirectory* peers)
    : impl_(std::make_unique<Impl>(std::move(options), coin, node, std::move(on_node_event),
                                   peers)) {}

WalletServer::~WalletServer() { Stop(); }

void WalletServer::CheckAddresses() const { impl_->CheckAddresses(); }

void WalletServer::ReloadCertificate() { impl_->ReloadCertificate(); }

void WalletServer::PollBanners() { impl_->PollBanners(); }

std::vector<std::string> WalletServer::ReloadBanners() { return impl_->ReloadBanners(); }

void WalletServer::Start(index::ViewPtr view) { impl_->Start(std::move(view)); }

void WalletServer::OnAnnouncement(const std::shared_ptr<const index::Announcement>& announcement) {
    impl_->OnAnnouncement(announcement);
}

std::vector<std::uint16_t> WalletServer::Ports() const { return impl_->Ports(); }

std::vector<std::string> WalletServer::Addresses() const { return impl_->Addresses(); }

ServerStats WalletServer::Stats() const { return impl_->Stats(); }

std::vector<SessionInfo> WalletServer::Sessions() const { return impl_->Sessions(); }

bool WalletServer::Disconnect(std::uint64_t session_id) { return impl_->Disconnect(session_id); }

void WalletServer::SetLimits(const Limits& limits) { impl_->SetLimits(limits); }

void WalletServer::SetExempt(std::vector<Subnet> subnets) { impl_->SetExempt(std::move(subnets)); }

std::vector<GroupReport> WalletServer::Groups() const { return impl_->Groups(); }

std::size_t WalletServer::AddBan(const Ban& ban) { return impl_->AddBan(ban); }

bool WalletServer::RemoveBan(const Subnet& subnet) { return impl_->RemoveBan(subnet); }

std::vector<Ban> WalletServer::Bans() const { return impl_->Bans(); }

void WalletServer::Stop() { impl_->Stop(); }

}  // namespace amber::server
