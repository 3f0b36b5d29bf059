#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <vector>

#include "index/bulk/finish_state.h"
#include "index/bulk/outpoint_join.h"
#include "index/bulk/range_writer.h"
#include "index/bulk/scattered.h"
#include "index/store/bulk_load.h"

namespace amber::index::bulk {

/// From scattered rows to sorted files: first outputs and spends are matched, then each table is
/// written in key order, many ranges of keys at a time. What is done stays done: the next process
/// goes on from the state that this one saved, and rows are released when they are in their files.
/// Memory: `max_bytes`, as far as one partition on one thread fits. Threads: one per processor, if
/// memory is enough. Errors: as OutpointJoin's, StoreError.
class Finish {
public:
    /// Hears the part done, from what the process before had done to 1 and never less than before;
    /// false: stop.
    using Progress = std::function<bool(double)>;
    /// Makes the rows and the state durable.
    using Save = std::function<void()>;

    /// All borrowed. `state.begun` is set, and saved. `journal` is a file of our own, which says
    /// more of the state than was saved.
    Finish(Scattered& rows, store::BulkLoad& load, FinishState& state, OutpointJoin::TxidOf txid_of,
           Save save, std::filesystem::path journal, std::size_t max_bytes);

    /// Everything but Table::meta. False if it was stopped.
    [[nodiscard]] bool Run(const Progress& progress);

    /// Into how many ranges to divide the tables of a chain: the step that a stop waits for, or
    /// that is lost, is a few seconds long.
    [[nodiscard]] static std::uint64_t RangesFor(std::uint64_t tx_count);

private:
    struct Job {
        std::function<void(RangeWriter&)> run;
        std::uint64_t work = 0;  ///< see work.h
    };
    /// A part of a table.
    struct Step {
        store::Table table;
        void (RangeWriter::*write)(PartitionRange, store::RowSink&);
        PartitionRange range;
        PartitionedRows* rows;  ///< of no more use then, in that range; may be null
        std::uint64_t work;
    };
    /// A step that is done, its files closed.
    struct Written {
        std::uint64_t number;
        const Step* step;
        std::vector<store::LoadFile> files;
    };

    [[nodiscard]] PartitionRange RangeOf(std::uint64_t number) const;
    [[nodiscard]] std::vector<Step> Steps();
    void MatchSome(const Progress& progress);
    [[nodiscard]] std::uint64_t MatchingWork(std::uint64_t range) const;
    void Match(RangeWriter& writer, std::uint64_t range, std::uint64_t work);
    bool WriteTables(const Progress& progress);
    void Write(RangeWriter& writer, const Step& step, std::uint64_t number);
    /// What was matched last.
    void SaveMatches();
    /// Puts what was written on record, if the rows that it was made of need not be matched again,
    /// and releases them.
    void Record();
    void ReleaseMatched(std::uint64_t range);
    static void Release(const Step& step);
    /// Runs jobs in their order, until `progress`, which hears of the work done, or
    /// the clock says no. Gives how many were run.
    std::size_t RunJobs(const std::vector<Job>& jobs, const Progress& progress,
                        std::chrono::steady_clock::time_point until);
    [[nodiscard]] double PartDone() const;
    [[nodiscard]] std::size_t Threads() const;

    Scattered& rows_;
    store::BulkLoad& load_;
    const OutpointJoin join_;
    const Save save_;
    const std::filesystem::path journal_;
    const std::size_t max_bytes_;
    std::uint64_t work_done_ = 0;  ///< what is not on record, too
    bool stopped_ = false;
    std::mutex mutex_;  ///< guards the next, while jobs run
    FinishState& state_;
    std::uint64_t matches_saved_;  ///< of state_.matched
    std::vector<Written> unrecorded_;
};

}  // namespace amber::index::bulk
