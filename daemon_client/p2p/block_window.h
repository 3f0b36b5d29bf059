#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>
#include <vector>

#include "daemon_client/block_plan.h"
#include "daemon_client/p2p/header_chain.h"

namespace amber::daemon_client {

struct BlockWindowOptions {
    std::size_t budget = std::size_t{64} << 20;  ///< raw bytes of blocks, held or being fetched
    /// How long the block that is waited for may be with one peer while another has nothing to do.
    std::chrono::milliseconds patience{2000};
    /// How long a request may take after the blocks were asked of another.
    std::chrono::milliseconds stall{20000};
    /// How long a peer that said it has not a block is not asked for it again.
    std::chrono::milliseconds lacking{60000};
};

/// Which peer is asked for which blocks of the chosen chain, ahead of the taker.
///
/// Each peer has up to two requests: runs of blocks that it has by what it told of its chain, as
/// many as it sends in half a second. So the work divides by speed. The block that is waited for
/// is asked of another when its peer takes too long, says it has not got it, or goes.
/// Bound: blocks fetched or being fetched stay within the budget, by the average size of late, but
/// for the one that is waited for; hashes ahead: 2,000.
/// Pure: no thread, no socket, no clock of its own. Not thread-safe.
class BlockWindow {
public:
    using Time = std::chrono::steady_clock::time_point;
    using PeerId = std::uint64_t;
    using RequestId = std::uint64_t;

    explicit BlockWindow(BlockWindowOptions options) : options_(options) {}

    // The chain and its taker.
    void Restart(index::Height next);
    /// To be called whenever the chosen chain has changed: throws away what is no longer on it.
    void Follow(const HeaderChain& chain);
    [[nodiscard]] bool IsReady() const { return plan_.IsReady(); }
    [[nodiscard]] index::Height NextHeight() const { return plan_.First(); }
    [[nodiscard]] std::vector<index::Block> Take(std::size_t max_bytes, const HeaderChain& chain);

    // The peers.
    void AddPeer(PeerId id) { peers_[id]; }
    void RemovePeer(PeerId id);
    /// It has the blocks of the chosen chain up to this height; nothing: none.
    void SetReach(PeerId id, std::optional<index::Height> reach);

    struct Request {
        RequestId id = 0;
        PeerId peer = 0;
        std::vector<index::BlockHash> hashes;
    };
    /// What is to be asked now. Each is answered by OnBlocks() or OnFailed(), or its peer removed.
    [[nodiscard]] std::vector<Request> Plan(Time now);
    /// Peers that keep a request far too long.
    [[nodiscard]] std::set<PeerId> Stalled(Time now) const;

    struct Arrived {
        index::BlockHash hash;
        std::size_t bytes = 0;
    };
    /// A block that is to be checked and given to Fill() or Refuse().
    struct Wanted {
        std::size_t place = 0;  ///< in what arrived
        index::Height height;
    };
    /// What of `arrived` is wanted. What was asked for and did not arrive, the peer has not got.
    [[nodiscard]] std::vector<Wanted> OnBlocks(RequestId id, const std::vector<Arrived>& arrived,
                                               Time now);
    void OnFailed(RequestId id);
    void Fill(RequestId id, index::Height height, index::Block block);
    /// It was no good. False if nobody waited for it any more.
    bool Refuse(RequestId id, index::Height height);

    /// The next block is wanted and no peer has it.
    [[nodiscard]] bool IsStuck() const;

private:
    struct Sent {
        PeerId peer = 0;
        index::Height first;
        std::vector<index::BlockHash> hashes;
        Time asked;
        std::optional<Time> taken_over;  ///< asked of another since
    };
    struct PeerState {
        std::optional<index::Height> reach;
        std::size_t requests = 0;
        std::size_t run_bytes = 128 << 10;  ///< of its next request
        Time idle_since;                    ///< its last answer came
        std::unordered_set<index::BlockHash> lacks;
        std::optional<Time> lacks_since;
    };

    [[nodiscard]] bool Has(const PeerState& peer, index::Height height) const;
    [[nodiscard]] std::optional<Request> NextFor(PeerId id, PeerState& peer, Time now);
    [[nodiscard]] std::optional<Request> TakeOver(PeerId id, PeerState& peer, Time now);
    [[nodiscard]] Request Send(PeerId id, PeerState& peer, index::Height first, std::size_t count,
                               Time now);
    [[nodiscard]] std::size_t RunLength(const PeerState& peer) const;  ///< in blocks
    void NoteSpeed(PeerState& peer, const Sent& sent, std::size_t bytes, Time now);
    /// What it was to bring and did not is announced again.
    void End(RequestId id);
    void Forget(std::map<RequestId, Sent>::iterator sent);
    void Extend(const HeaderChain& chain);

    const BlockWindowOptions options_;
    BlockPlan plan_;
    std::map<PeerId, PeerState> peers_;
    std::map<RequestId, Sent> sent_;  ///< to peers that are here
    RequestId last_id_ = 0;
};

}  // namespace amber::daemon_client
