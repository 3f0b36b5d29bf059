#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "index/chain/coin.h"
#include "index/fatal_error.h"
#include "index/ports/block_archive.h"
#include "index/ports/block_feed.h"
#include "index/ports/mempool_source.h"
#include "index/ports/node_events.h"
#include "index/query/announcement.h"
#include "index/store/store.h"

namespace amber::index {

struct IndexerOptions {
    std::uint32_t reorg_limit = 200;            ///< blocks that can be undone
    std::size_t cache_bytes = 1024 << 20;       ///< memory for a first sync's unwritten rows
    std::size_t read_cache_bytes = 1024 << 20;  ///< of the store, once the index is served
    /// Where a first sync builds in bulk (index/bulk), on the store's file system; empty: never.
    std::filesystem::path bulk_folder{};
    std::uint64_t bulk_from_bytes = 300'000'000;  ///< of blocks; fewer are not worth it
};

/// Where the index stands, for the admin RPC, the progress bar and systemd.
struct IndexerStatus {
    std::optional<Tip> tip;  ///< nothing before the genesis block
    Height node_height;
    Height best_header;   ///< that the node knows of; higher while it syncs itself
    bool synced = false;  ///< has caught up once and views are published
    std::size_t mempool_txs = 0;
    std::uint64_t block_bytes_done = 0;  ///< raw bytes of blocks indexed by this process
    std::uint64_t utxo_count = 0;
    /// Of a first sync that builds in bulk.
    struct Tables {
        double written = 0;  ///< the part of them, 0 to 1
        double share = 0;  ///< how long they take, by how long reading all blocks takes: estimated
    };
    std::optional<Tables> tables;
};

/// Follows the node: blocks into the tables, transactions into the mempool, each change published
/// as a view. The one writer.
/// Thread: Run(), Import() and Have() are for the sync thread; all other calls are thread-safe.
class Indexer {
public:
    Indexer(const Coin& coin, store::Store& store, IndexerOptions options);
    ~Indexer();

    /// Both must be set before Run(). `on_synced` is called once, when the first view is out.
    void SetSinks(AnnouncementSink on_view, std::function<void(const View&)> on_synced);

    /// Returns after Stop(), with everything committed. Throws FatalError when the chain cannot be
    /// followed (a fork deeper than reorg_limit), store::StoreError when the database is broken.
    void Run(BlockFeed& feed, MempoolSource& mempool);
    /// Takes what the archive holds and returns, or after Stop(), with everything committed; no
    /// view is published. Does nothing if its chain ends no higher than ours. Before Run(), if at
    /// all. Precondition: Look() was called. Throws as Run() does.
    void Import(BlockArchive& archive);
    void Stop();

    /// Nothing before the first block. Valid until the next call of Run() or Import().
    [[nodiscard]] std::optional<BlockArchive::Have> Have() const;

    void OnNodeEvent(const NodeEvent& event);

    /// Disconnects the last `count` blocks and follows the node again. `done` gets an empty string
    /// or why it was refused, on the sync thread.
    void ForceReorg(std::uint32_t count, std::function<void(std::string error)> done);

    [[nodiscard]] IndexerStatus Status() const;
    /// Null until synced.
    [[nodiscard]] ViewPtr CurrentView() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace amber::index
