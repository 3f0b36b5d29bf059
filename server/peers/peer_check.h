#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/chain/bytes.h"
#include "server/peers/features.h"
#include "server/peers/peer_row.h"
#include "server/protocol/json_document.h"

namespace amber::server {

/// The chain we serve, as far as peers are held against it.
class OurChain {
public:
    [[nodiscard]] virtual std::uint32_t Height() const = 0;
    /// Nothing above the tip, or if it cannot be read.
    [[nodiscard]] virtual std::optional<index::Bytes> Header(std::uint32_t height) const = 0;

protected:
    ~OurChain() = default;
};

/// What came of looking at a peer.
struct PeerVerdict {
    enum class Kind {
        good,
        failed,  ///< it was not there, or did not answer; it may another time
        bad,     ///< it is not what it says, or of another chain
    };
    Kind kind = Kind::failed;
    std::string why{};  ///< unless good: half a sentence, for log and operator

    // Of a good one:
    PeerFeatures features{};
    std::vector<PeerHost> others{};  ///< whom it lists, at most kRowsMax
    bool announced = false;          ///< it took our server.add_peer
};

/// Looks at one peer over one connection, without a socket and without a clock: the owner tells
/// what happened, then sends TakeOutput() until Verdict() is there.
///
///   version:   server.version, before all else
///   questions: headers.subscribe, features and peers.subscribe, at once
///   header:    that at ten blocks below the lower of both tips
///   announce:  server.add_peer with our features, if it may be and it does not list us
///
/// Good is one that answers all of these well, has the header we have, a tip near ours, our genesis
/// block, and the host we dialled among its hosts (protocol.md 12). What becomes of server.add_peer
/// does not change that.
/// Invariant: once there is a verdict it stays, and nothing more is sent.
/// Bounds: one time limit for all, kLineMax for a line (the owner's), kBytesMax for all lines.
/// Not thread-safe. `terms` and `chain` outlive it.
class PeerCheck {
public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr std::size_t kLineMax = 1 << 20;
    static constexpr std::size_t kBytesMax = 4 << 20;
    static constexpr std::uint32_t kRowsMax = 1000;
    static constexpr std::uint32_t kTipDistance = 5;  ///< blocks
    static constexpr std::uint32_t kBranchMax = 10;   ///< blocks two good chains may differ in

    /// What is the same for all.
    struct Terms {
        std::string software;  ///< ours, for server.version
        index::BlockHash genesis;
        UsualPorts usual_ports;
        std::vector<PeerHost> ours;  ///< to know ourselves in its list
    };

    /// `host`: the name it was dialled by. `announcement`: our features as JSON; empty: not to be
    /// sent.
    PeerCheck(const Terms& terms, const OurChain& chain, std::string host, std::string announcement,
              Time deadline);

    // What happened. Ignored once there is a verdict.
    void OnConnected();
    void OnLine(std::string_view line);
    void OnTime(Time now);
    /// The connection is lost, or cannot be made.
    void Fail(std::string why);
    /// What it sends is no Electrum protocol.
    void Refuse(std::string why);

    /// Lines to send.
    [[nodiscard]] std::string TakeOutput() { return std::exchange(output_, {}); }
    [[nodiscard]] const std::optional<PeerVerdict>& Verdict() const { return verdict_; }
    [[nodiscard]] Time Deadline() const { return deadline_; }

private:
    enum class Step { connecting, version, questions, header, announce };
    /// Number of a request: its place here.
    enum Question : std::uint8_t { version, tip, features, peers, header, add_peer, count };

    void Ask(Question question, std::string_view params);
    void OnAnswer(Question question, const JsonValue& result);
    void OnVersion(const JsonValue& result);
    void OnTip(const JsonValue& result);
    void OnFeatures(const JsonValue& result);
    void OnPeers(const JsonValue& result);
    void OnHeader(const JsonValue& result);
    void AskForHeader();
    [[nodiscard]] bool ListsUs() const;
    void Good(bool announced);

    const Terms& terms_;
    const OurChain& chain_;
    const std::string host_;
    const std::string announcement_;
    const Time deadline_;

    Step step_ = Step::connecting;
    std::uint8_t open_ = 0;  ///< bit n: question n has no answer yet
    std::uint32_t their_height_ = 0;
    std::uint32_t compared_height_ = 0;
    PeerFeatures features_;
    std::vector<PeerHost> others_;
    std::size_t bytes_ = 0;
    JsonDocument document_;
    std::string output_;
    std::optional<PeerVerdict> verdict_;
};

}  // namespace amber::server
