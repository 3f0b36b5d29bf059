#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/peers/peer_check.h"

namespace amber::server {

/// The chain that all tests hold peers against.
class StagedChain final : public OurChain {
public:
    std::uint32_t height = 120;
    bool broken = false;

    [[nodiscard]] std::uint32_t Height() const override { return height; }
    [[nodiscard]] std::optional<index::Bytes> Header(std::uint32_t at) const override;
    /// In hex, as an honest peer answers.
    [[nodiscard]] static std::string HeaderHex(std::uint32_t at);
};

/// A PeerCheck and the peer it looks at, which answers well but where a test says otherwise.
class StagedPeer {
public:
    /// JSON of the results, by method. Changed ones are the lies.
    std::map<std::string, std::string> results;
    /// Sent in place of the whole answer to that method; empty: nothing is.
    std::map<std::string, std::string> lines;
    StagedChain chain;
    std::string announcement;
    std::string dialled = "peer.example.org";

    StagedPeer();

    /// Connects and answers all that is asked, until there is a verdict or nothing more is asked.
    /// `stop_before`: where the peer falls silent.
    PeerVerdict Run(const std::string& stop_before = {});
    /// The methods asked so far, in order.
    std::vector<std::string> asked;
    /// Whole requests, in order.
    std::vector<std::string> requests;
    PeerCheck& Check() { return *check_; }

    static PeerCheck::Time Deadline() { return PeerCheck::Time(std::chrono::seconds(30)); }

private:
    std::string AnswerTo(const std::string& method, unsigned id);
    void AnswerAll(const std::string& stop_before);

    PeerCheck::Terms terms_;
    std::unique_ptr<PeerCheck> check_;
};

/// The object of server.features that the staged peer answers with.
std::string GoodFeatures();
index::BlockHash StagedGenesis();

}  // namespace amber::server
