#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "index/ports/wallet_node.h"

namespace amber::server {

/// Fee estimates and floors of the node, asked once for all wallets: estimates are kept until the
/// tip changes, floors for a few seconds; who asks while the node is being asked shares the answer.
/// Thread-safe; lives until the node has answered. Memory: one entry per rounded target and mode;
/// waiters are bounded by what the sessions may have in flight.
class FeeOracle : public std::enable_shared_from_this<FeeOracle> {
public:
    using FeeFloors = index::WalletNode::FeeFloors;
    using EstimateDone = index::WalletNode::Callback<double>;
    using FloorsDone = index::WalletNode::Callback<FeeFloors>;

    explicit FeeOracle(index::WalletNode& node) : node_(node) {}

    [[nodiscard]] std::optional<double> KnownEstimate(int blocks, const std::string& mode);
    void AskEstimate(int blocks, const std::string& mode, EstimateDone done);
    [[nodiscard]] std::optional<FeeFloors> KnownFloors();
    void AskFloors(FloorsDone done);

    /// Forgets the estimates. Call it before a new tip is announced: wallets ask right after.
    void OnNewTip();

private:
    using Key = std::pair<int, std::string>;
    static constexpr std::chrono::seconds kFloorsAge{5};

    void OnEstimate(const Key& key, std::uint64_t generation, index::NodeResult<double> result);
    void OnFloors(index::NodeResult<FeeFloors> result);

    index::WalletNode& node_;
    std::mutex mutex_;              ///< guards all below
    std::uint64_t generation_ = 0;  ///< counts tips: an answer asked before the tip is not kept
    std::map<Key, double> estimates_;
    std::map<std::pair<Key, std::uint64_t>, std::vector<EstimateDone>> waiting_;
    std::optional<FeeFloors> floors_;
    std::chrono::steady_clock::time_point floors_time_;
    std::vector<FloorsDone> floors_waiting_;
};

/// The target EstimateFee is asked for (protocol.md 5.3): few different ones, so that few are
/// asked.
int RoundedTarget(std::uint32_t blocks);

}  // namespace amber::server
