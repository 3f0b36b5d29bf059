#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "index/chain/coin.h"
#include "index/ports/node_events.h"
#include "index/ports/wallet_node.h"
#include "index/query/announcement.h"
#include "server/limits/ban_list.h"
#include "server/server_options.h"
#include "server/server_stats.h"

namespace amber::server {

class PeerDirectory;

/// Answers wallets: owns the listeners, sessions, I/O threads and the query pool.
/// Thread: every call is thread-safe. Borrows coin and node, which outlive it.
class WalletServer {
public:
    /// `on_node_event` is told of every transaction a wallet broadcast, so that the mempool view
    /// has it at once; called from any thread. Reads the certificate, and makes it if asked to;
    /// throws std::runtime_error that says why it cannot be used.
    /// `peers` (null: there are none) outlives it.
    WalletServer(ServerOptions options, const index::Coin& coin, index::WalletNode& node,
                 index::NodeEventSink on_node_event, PeerDirectory* peers = nullptr);
    ~WalletServer();  ///< as Stop()

    /// Throws std::runtime_error that names the address, if one cannot be listened on: so that the
    /// operator hears of it at once, not when the first sync is over.
    void CheckAddresses() const;

    /// Reads the files again; if they are of no use the old certificate stays. This happens by
    /// itself when they change.
    void ReloadCertificate();

    /// To be called every second or so: banner files that changed are served.
    void PollBanners();
    /// Reads the banner files now. What is served then, a line each; or why it is the old text.
    std::vector<std::string> ReloadBanners();

    /// Opens the listeners and serves from `view` on, or from a newer one already announced.
    /// Throws std::runtime_error that names the address, if one cannot be listened on.
    void Start(index::ViewPtr view);

    /// Moves all sessions to a newer view and notifies subscribers. An index::AnnouncementSink:
    /// called on the sync thread, also before Start().
    void OnAnnouncement(const std::shared_ptr<const index::Announcement>& announcement);

    /// Ports listened on, in the order of ServerOptions::listeners. Empty before Start().
    [[nodiscard]] std::vector<std::uint16_t> Ports() const;
    /// Those listeners for people, as "ssl 0.0.0.0:50002".
    [[nodiscard]] std::vector<std::string> Addresses() const;
    [[nodiscard]] ServerStats Stats() const;
    [[nodiscard]] std::vector<SessionInfo> Sessions() const;
    /// False if there is no such session.
    bool Disconnect(std::uint64_t session_id);

    /// For running sessions, too.
    void SetLimits(const Limits& limits);
    /// In place of ServerOptions::exempt. Connections that are there stay what they were when they
    /// came, exempt or not.
    void SetExempt(std::vector<Subnet> subnets);
    /// Those with connections or cost, the costliest first; kMostGroups at most.
    [[nodiscard]] std::vector<GroupReport> Groups() const;
    static constexpr std::size_t kMostGroups = 1000;

    /// Refuses connections from there, and closes those there are; how many sessions that were.
    /// Throws std::runtime_error if there are too many bans, or if they cannot be written down.
    std::size_t AddBan(const Ban& ban);
    /// False if there is no such ban. Throws as AddBan().
    bool RemoveBan(const Subnet& subnet);
    [[nodiscard]] std::vector<Ban> Bans() const;

    /// Closes all sessions and joins all threads. Answers of the node that come later are dropped.
    void Stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace amber::server
