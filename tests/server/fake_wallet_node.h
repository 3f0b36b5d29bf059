#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "index/ports/wallet_node.h"

namespace amber::test {

/// A node that answers what a test puts in, at once, or when the test says so. Thread-safe.
class FakeWalletNode final : public index::WalletNode {
public:
    /// Answers to calls by their text, e.g. "broadcast 00ff", "estimate 6 ECONOMICAL",
    /// "raw TXID BLOCK POSITION", "verbose TXID -", "floors". Others are refused with -5 "No such
    /// ...".
    void Set(const std::string& call, index::NodeResult<std::string> answer);
    void SetEstimate(double fee) { estimate_ = fee; }
    void SetFloors(FeeFloors floors) { floors_ = floors; }
    /// Answers wait until Release().
    void Hold();
    void Release();
    [[nodiscard]] std::vector<std::string> Calls() const;
    /// Calls so far that begin like this.
    [[nodiscard]] std::size_t CountCalls(const std::string& prefix) const;

    void Broadcast(std::string raw_tx_hex, Text done) override;
    void BroadcastPackage(std::vector<std::string> raw_tx_hex, Text done) override;
    void TestAccept(std::vector<std::string> raw_tx_hex, Text done) override;
    void EstimateFee(int blocks, std::string mode, Callback<double> done) override;
    void GetFeeFloors(Callback<FeeFloors> done) override;
    void RawTransaction(index::Txid txid, std::optional<Place> place, Text done) override;
    void VerboseTransaction(index::Txid txid, std::optional<index::BlockHash> block,
                            Text done) override;
    Software LastSeenSoftware() const override { return {290400, "/Satoshi:29.4.0/"}; }

private:
    void Answer(const std::string& call, Text done);
    void Later(const std::string& call, std::function<void()> answer);

    mutable std::mutex mutex_;
    std::map<std::string, index::NodeResult<std::string>> answers_;
    std::vector<std::string> calls_;
    std::deque<std::function<void()>> held_;
    bool holding_ = false;
    std::atomic<double> estimate_{-1};
    FeeFloors floors_{0.00001, 0.00001, 0.00001};
};

index::NodeError Refused(int code, const std::string& message);

}  // namespace amber::test
