#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "daemon_client/p2p/header_chain.h"

namespace amber::daemon_client {

/// Which peer is asked for which headers, and what each peer's chain is, as far as it has told.
///
/// Until a first peer has told all it has, one is asked at a time, the quickest: the answers of
/// several would be the same. Later each is asked when it announces a block we do not know, and
/// when it is told to look.
/// A fresh locator begins one block below the tip of the chosen chain, so that a peer with that tip
/// answers with it: an empty answer does not tell where its chain ends. After one, the locator
/// begins a block lower; after many, at the genesis block.
/// Pure: no thread, no socket, no clock of its own. Not thread-safe.
class HeaderSync {
public:
    using Time = std::chrono::steady_clock::time_point;
    using PeerId = std::uint64_t;

    /// `chain` must outlive it; its chosen chain is for others to choose.
    explicit HeaderSync(HeaderChain& chain) : chain_(chain) {}

    void AddPeer(PeerId id) { peers_[id]; }
    void RemovePeer(PeerId id) { peers_.erase(id); }

    /// It announced blocks. The last one we know is its tip, if it proves more work than before.
    void OnAnnounced(PeerId id, std::span<const index::BlockHash> hashes);
    /// It may have more than it told of.
    void Look(PeerId id);
    void LookAtAll();

    struct Ask {
        PeerId peer = 0;
        std::vector<index::BlockHash> locator;
    };
    /// What is to be asked now. Each is answered by OnHeaders() or OnFailed(), or its peer removed.
    [[nodiscard]] std::vector<Ask> Plan(Time now);
    [[nodiscard]] boost::system::result<void, BadHeader> OnHeaders(
        PeerId id, std::span<const index::Bytes> headers, Time now);
    void OnFailed(PeerId id);

    /// A first peer has told all, and no other was being asked then: stays so.
    [[nodiscard]] bool IsComplete() const { return complete_; }
    /// A peer has more headers than it told of so far.
    [[nodiscard]] bool HasMore() const;
    /// The last block of its chain that it told of.
    [[nodiscard]] std::optional<index::BlockHash> TipOf(PeerId id) const;
    /// The tip of most work that a peer has, of those that are in the tree.
    [[nodiscard]] std::optional<index::BlockHash> BestTip() const;

private:
    struct State {
        std::optional<index::BlockHash> tip;
        std::optional<index::BlockHash> base;  ///< where the next locator begins; nothing: afresh
        bool look = true;
        bool asked = false;
        bool more = false;                           ///< its last answer was cut
        bool finished = false;                       ///< told all it had, once
        unsigned empty = 0;                          ///< answers in a row
        Time since;                                  ///< asked
        std::chrono::steady_clock::duration took{};  ///< the last answer
    };

    Ask AskOf(PeerId id, State& state, Time now);
    void OnEmpty(State& state);

    HeaderChain& chain_;
    std::map<PeerId, State> peers_;
    bool complete_ = false;
};

}  // namespace amber::daemon_client
