#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "index/query/announcement.h"
#include "index/query/query.h"

namespace amber::test {

using index::ScriptHash;
using index::Txid;

/// How much of the database is "not in memory". Thread-safe; shared by all views of a world.
struct Coldness {
    std::atomic<unsigned> percent{0};          ///< of reads with Reach::memory that give up
    std::atomic<unsigned> disk_delay_us{0};    ///< that each read with Reach::disk takes
    std::atomic<unsigned> memory_delay_us{0};  ///< that each other one takes
    std::atomic<unsigned> disk_reads{0};
};

/// What one view holds, as plainly as can be. fake_query.cpp answers index::Query from it.
struct FakeView : index::View {
    std::vector<index::Bytes> headers;      ///< by height
    std::vector<std::vector<Txid>> blocks;  ///< txids by height
    std::map<ScriptHash, std::vector<index::HistoryEntry>> history;
    std::map<ScriptHash, std::vector<index::Unspent>> unspent;
    std::map<ScriptHash, index::Balance> balance;
    std::map<index::OutPoint, index::OutpointStatus> outpoints;
    std::map<Txid, std::int32_t> unconfirmed;  ///< heights, 0 or -1
    std::shared_ptr<Coldness> coldness = std::make_shared<Coldness>();
};

/// The status by the book (protocol.md 4.2); nothing for an empty history.
std::optional<index::StatusHash> StatusOf(const std::vector<index::HistoryEntry>& history);

ScriptHash MakeScript(unsigned number);
Txid MakeTxid(unsigned number);

/// A chain and scripts that a test changes step by step and publishes. Thread: one.
class FakeWorld {
public:
    FakeWorld();  ///< has a genesis block

    /// Adds a block with `txids` behind its coinbase.
    void Mine(std::vector<Txid> txids = {});
    /// Appends to a script's history; a height of 0 or -1 is unconfirmed.
    void Add(const ScriptHash& script, const Txid& txid, std::int32_t height,
             index::Amount fee = 0);
    FakeView& Draft() { return draft_; }
    Coldness& Cold() { return *draft_.coldness; }

    /// How things stand now.
    index::ViewPtr Publish();
    std::shared_ptr<const index::Announcement> Announce(const std::vector<ScriptHash>& touched,
                                                        std::vector<Txid> touched_txs = {});

private:
    FakeView draft_;
    std::uint64_t serial_ = 0;
    std::optional<index::Tip> published_tip_;
};

}  // namespace amber::test
