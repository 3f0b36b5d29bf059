#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <vector>

#include "index/bulk/crew.h"
#include "index/bulk/finish.h"
#include "index/bulk/row_adder.h"
#include "index/bulk/scattered.h"
#include "index/chain/block.h"
#include "index/chain/coin.h"
#include "index/store/row_file.h"
#include "index/store/store.h"
#include "index/tip.h"
#include "index/utxo_cache.h"

namespace amber::index::bulk {

/// Builds the tables of a first sync by sorting. Blocks are taken apart into scattered rows in
/// files of its own; outputs spent young are matched in memory, the others partition by partition
/// at the end; then each table is written once, in key order. Nothing is looked up on disk.
/// All processors, 4 at most, share the work of a block.
/// Invariant: the store holds nothing of the chain until Finish() has put all of it there at once;
/// what Save() saved, and what Finish() has done so far, the next process goes on from.
/// No block can be taken back, and none has an undo record: stop well below the tip.
/// Memory: `max_bytes`, roughly. Thread: sync thread only; has others of its own. Errors:
/// FatalError as BlockProcessor's, StoreError.
class BulkBuilder {
public:
    /// Goes on with what is in `folder`, if an unfinished build is. `folder` must be on the file
    /// system of the store, which is empty.
    BulkBuilder(const Coin& coin, store::Store& store, std::filesystem::path folder,
                std::size_t max_bytes);

    /// Whether an unfinished build is in `folder`.
    [[nodiscard]] static bool IsUnderWay(const std::filesystem::path& folder);

    [[nodiscard]] const std::optional<Tip>& GetTip() const { return tip_; }
    [[nodiscard]] Height NextHeight() const { return tip_ ? Next(tip_->height) : Height{0}; }

    /// Precondition: the block follows the tip, and the tables are not begun. Saves now and then.
    void Connect(const Block& block);
    void Save();

    /// What Finish() takes of processors, by what Connect() took for the same blocks: estimated.
    /// Nothing before the first block.
    [[nodiscard]] std::optional<double> TablesByAdding() const;
    /// Time of processors that Connect() took, in this process; by how many threads.
    [[nodiscard]] std::chrono::nanoseconds AddingCpu() const;
    [[nodiscard]] std::size_t AddingThreads() const { return adders_.size(); }

    /// Whether Finish() was called, by this process or one before: nothing else is left to do.
    [[nodiscard]] bool TablesBegun() const { return finish_.begun; }
    /// All of it into the store; the folder is gone then, and the object of no more use. `progress`
    /// hears the part done; if it stops the work, nothing happens to the store, the object is of no
    /// more use, and the next one in the folder goes on. False if so.
    [[nodiscard]] bool Finish(const Finish::Progress& progress);

private:
    struct Saved;
    /// What is in `folder`, for a coin; nothing if nothing is.
    static std::optional<Saved> ReadSaved(const Coin& coin, const std::filesystem::path& folder);
    BulkBuilder(const Coin& coin, store::Store& store, std::filesystem::path folder,
                std::size_t max_bytes, const std::optional<Saved>& saved);
    void AddHeader(const Block& block);
    void AddRows(RowAdder& adder, const Block& block);
    [[nodiscard]] bool HasRoomFor(const Block& block) const;
    [[nodiscard]] std::size_t WindowBytes() const;
    void MakeRoom(const Block& block);
    /// Outputs and txids out of memory, into the files.
    void Spill();

    const Coin& coin_;
    store::Store& store_;
    const std::filesystem::path folder_;
    const std::size_t max_bytes_;
    std::optional<Tip> tip_;

    Scattered rows_;
    store::RowFile txids_;
    FinishState finish_;

    // In memory: what came since the last Spill().
    UtxoCache::Txids young_txids_;
    TxNum young_first_;  ///< of young_txids_[0]
    std::deque<RowAdder> adders_;
    Crew crew_;  ///< a thread for each
    std::chrono::steady_clock::time_point saved_at_;
};

}  // namespace amber::index::bulk
