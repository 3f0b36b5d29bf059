#pragma once
#include <atomic>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon_client/node.h"
#include "index/indexer.h"
#include "index/store/store.h"
#include "server/admin/admin_server.h"
#include "server/app/live_limits.h"
#include "server/app/sync_progress.h"
#include "server/console/progress.h"
#include "server/console/progress_meter.h"
#include "server/console/service_manager.h"
#include "server/peers/peer_finder.h"
#include "server/wallet_server.h"

namespace amber::server {

/// A serving amberd. Built and destroyed on the main thread.
class Application {
public:
    explicit Application(const config::Options& options);

    /// Until a signal, `amber-cli stop` or a fatal error. Returns the exit code.
    int Run(const sigset_t& signals);

private:
    void Sync();
    void ReadFiles();
    bool CheckNode();
    void OnSynced(const index::View& view);
    void Tick(ProgressDisplay& display);
    void OnSignal(int signal);
    AdminTarget MakeTarget();
    std::vector<std::string> SetDaemonUrls(const std::vector<std::string>& urls);

    const config::Options& options_;
    ServiceManager service_manager_;
    index::store::Store store_;
    daemon_client::Node node_;
    index::Indexer indexer_;
    std::unique_ptr<PeerFinder> peers_;  ///< null: no peers are wanted
    WalletServer wallets_;
    LiveLimits limits_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> failed_ = false;
    std::stop_source stop_;  ///< of the search for blocks in files
    std::mutex progress_mutex_;
    ProgressMeter meter_;                   // guarded by progress_mutex_
    std::optional<ChainCount> node_chain_;  // guarded by progress_mutex_; as it was at the start
    std::unique_ptr<AdminServer> admin_;
};

}  // namespace amber::server
