#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "daemon_client/block_check.h"
#include "daemon_client/block_files/block_files.h"
#include "daemon_client/worker_pool.h"
#include "index/chain/coin.h"
#include "index/ports/block_archive.h"

namespace amber::daemon_client {

struct FileFeedOptions {
    std::size_t ahead_bytes = std::size_t{64}
                              << 20;  ///< raw bytes of blocks read ahead of the taker
    unsigned threads = 0;             ///< that read and parse; 0: one per processor
    MerkleRoots merkle_roots = MerkleRoots::check;
};

/// The chain that lies in block files, read without a node.
///
/// Blocks that lie one behind the other are read together, up to a megabyte: a run. Runs are read
/// and parsed side by side, and handed over in the order of the chain. Invariant: what is handed
/// over is the chain found by Look(), cut where a block is damaged. Bound: runs read and not yet
/// taken stay within `ahead_bytes`, and one run on top. Memory: 44 bytes per block of the chain,
/// beside BlockFiles. Threads: thread-safe; the port's calls are meant for the sync thread. Owns
/// threads "amber-parse".
class FileFeed final : public index::BlockArchive {
public:
    /// Files, and directories of blk?????.dat. An error: one is not there, has no such files, or
    /// its key cannot be read. `coin` must outlive the feed.
    static FileResult<std::unique_ptr<FileFeed>> Open(
        const index::Coin& coin, const std::vector<std::filesystem::path>& paths,
        const FileFeedOptions& options);
    FileFeed(const index::Coin& coin, std::unique_ptr<BlockFiles> files,
             const FileFeedOptions& options);
    ~FileFeed() override;

    Contents Look(const std::optional<Have>& have, const std::stop_token& stop,
                  const Progress& progress) override;
    [[nodiscard]] std::optional<std::string> Damage() const override;
    /// Of the blocks to be taken; 0 before Look().
    [[nodiscard]] std::uint64_t BytesToCome() const { return bytes_to_come_; }

    /// Unreachable if there is no chain.
    [[nodiscard]] index::NodeResult<index::NodeTip> Tip() override;
    [[nodiscard]] index::NodeResult<std::vector<index::BlockHash>> Hashes(
        index::Height first, std::size_t count) override;
    void Restart(index::Height next) override;
    [[nodiscard]] std::vector<index::Block> Take(std::size_t max_bytes,
                                                 std::chrono::milliseconds wait) override;

private:
    struct Run {
        std::size_t first = 0, count = 0;  ///< blocks of the chain
        std::size_t bytes = 0;             ///< of the file, from the first to the last
        bool ready = false;
        std::vector<index::Block> blocks;  ///< fewer than `count` if the next one is damaged
        std::optional<FileError> damage;
    };

    void FindChain(const std::optional<Have>& have);
    /// How many blocks at the start of the chain are in the index, too.
    [[nodiscard]] std::size_t CountShared(const Have& have) const;
    void PlanRuns();
    [[nodiscard]] Run RunFrom(std::size_t first) const;
    void Fill(Run& run) const;
    void CutBefore(std::size_t place, const FileError& damage);

    const index::Coin& coin_;
    const FileFeedOptions options_;
    const std::unique_ptr<BlockFiles> files_;

    // Set by Look(), then constant.
    std::vector<ChainedBlock> chain_;
    std::uint32_t base_ = 0;  ///< height of chain_[0]
    std::uint64_t chain_bytes_ = 0;
    std::atomic<std::uint64_t> bytes_to_come_ = 0;

    mutable std::mutex mutex_;  // guards what follows but the pool
    std::condition_variable changed_;
    std::size_t end_ = 0;      ///< blocks of the chain that can be taken
    std::size_t planned_ = 0;  ///< blocks of the chain that are in runs, or taken
    std::deque<std::shared_ptr<Run>> runs_;
    std::size_t ahead_ = 0;  ///< bytes of runs_
    std::optional<std::string> damage_;

    WorkerPool pool_;
};

}  // namespace amber::daemon_client
