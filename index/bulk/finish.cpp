#include "index/bulk/finish.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include "index/bulk/durable_file.h"
#include "index/fatal_error.h"

namespace amber::index::bulk {

using store::Table;

namespace {

constexpr std::chrono::minutes kSavePeriod(2);

std::string FileName(Table table, std::size_t first_partition) {
    return std::string(store::Name(table)) + "-" + std::to_string(first_partition);
}

}  // namespace

Finish::Finish(Scattered& rows, store::BulkLoad& load, FinishState& state,
               OutpointJoin::TxidOf txid_of, Save save, std::filesystem::path journal,
               std::size_t max_bytes)
    : rows_(rows),
      load_(load),
      join_(std::move(txid_of)),
      save_(std::move(save)),
      journal_(std::move(journal)),
      max_bytes_(max_bytes),
      state_(state) {
    if (const auto saved = ReadDurable(journal_)) {
        tables::RowReader in(*saved);
        state_ = FinishState::Decode(in);
    }
    for (const auto& file : state_.files) load_.Adopt(file);
    matches_saved_ = state_.matched;
}

std::uint64_t Finish::RangesFor(std::uint64_t tx_count) {
    constexpr std::uint64_t kTxs = 4'000'000, kFewest = 16, kMost = 512;
    return std::clamp(std::bit_ceil(tx_count / kTxs), kFewest, kMost);
}

PartitionRange Finish::RangeOf(std::uint64_t number) const {
    const std::size_t size = rows_.Partitions() / state_.ranges;
    return {number * size, (number + 1) * size};
}

std::vector<Finish::Step> Finish::Steps() {
    std::vector<Step> steps;
    const auto add = [&](Table table, auto write, PartitionRange range, PartitionedRows& rows,
                         std::uint64_t (*work)(std::uint64_t rows)) {
        std::uint64_t count = 0;
        for (std::size_t at = range.first; at < range.end; ++at) count += rows.Rows(at);
        steps.push_back({table, write, range, &rows, work(count)});
    };
    // In front, because they are the largest.
    for (std::size_t at = 0; at < rows_.spenders.Partitions(); ++at)
        add(Table::spender, &RangeWriter::WriteSpenders, {at, at + 1}, rows_.spenders,
            work::Spenders);
    for (std::uint64_t i = 0; i < state_.ranges; ++i) {
        const PartitionRange range = RangeOf(i);
        add(Table::history, &RangeWriter::WriteHistory, range, rows_.uses, work::History);
        add(Table::u, &RangeWriter::WriteUnspent, range, rows_.unspent, work::Unspent);
        add(Table::txnum, &RangeWriter::WriteTxNums, range, rows_.txnums, work::TxNums);
    }
    steps.push_back({Table::header, &RangeWriter::WriteHeaders, {0, 1}, nullptr, 0});
    steps.push_back({Table::header_merkle, &RangeWriter::WriteHeaderMerkle, {0, 1}, nullptr, 0});
    return steps;
}

bool Finish::Run(const Progress& progress) {
    for (std::uint64_t range = 0; range < state_.matched; ++range) ReleaseMatched(range);
    if (state_.work == 0) {
        state_.work = work::Tables(rows_.Counts().Matched());
        for (std::uint64_t range = 0; range < state_.ranges; ++range)
            state_.work += MatchingWork(range);
    }
    work_done_ = state_.work_done;
    while (state_.matched < state_.ranges && !stopped_) {
        SaveMatches();
        MatchSome(progress);
    }
    if (!stopped_) return WriteTables(progress);
    SaveMatches();
    return false;
}

void Finish::MatchSome(const Progress& progress) {
    std::vector<Job> jobs;
    for (std::uint64_t range = state_.matched; range < state_.ranges; ++range) {
        const std::uint64_t work = MatchingWork(range);
        jobs.push_back(
            {[this, range, work](RangeWriter& writer) { Match(writer, range, work); }, work});
    }
    state_.matched += RunJobs(jobs, progress, std::chrono::steady_clock::now() + kSavePeriod);
}

std::uint64_t Finish::MatchingWork(std::uint64_t range) const {
    RowCounts rows;
    const auto [first, end] = RangeOf(range);
    for (std::size_t partition = first; partition < end; ++partition) {
        rows.created += rows_.created.Rows(partition);
        rows.spent += rows_.spent.Rows(partition);
    }
    return work::Matching(rows);
}

void Finish::Match(RangeWriter& writer, std::uint64_t range, std::uint64_t work) {
    const PartitionRange partitions = RangeOf(range);
    auto& sink = load_.Into(Table::h, FileName(Table::h, partitions.first));
    const std::uint64_t unspent = writer.Match(partitions, sink);
    const auto files = load_.Close(sink);
    const std::lock_guard lock(mutex_);
    state_.utxo_count += unspent;
    state_.work_done += work;
    state_.files.insert(state_.files.end(), files.begin(), files.end());
}

void Finish::SaveMatches() {
    const std::uint64_t before = matches_saved_;
    if (before == state_.matched) return;
    save_();
    for (std::uint64_t range = before; range < state_.matched; ++range) ReleaseMatched(range);
    {
        const std::lock_guard lock(mutex_);
        matches_saved_ = state_.matched;
    }
    Record();
}

bool Finish::WriteTables(const Progress& progress) {
    const auto steps = Steps();
    std::vector<bool> written(steps.size());
    for (const std::uint64_t number : state_.written)
        if (number < steps.size()) written[number] = true;
    std::vector<Job> jobs;
    // Mostly waits for the disk, and so goes beside the others.
    if (matches_saved_ < state_.matched) jobs.push_back({[this](RangeWriter&) { SaveMatches(); }});
    // By now it is known what matching has left; it was thought to be at least as much.
    state_.work = state_.work_done;
    for (std::size_t number = 0; number < steps.size(); ++number) {
        const Step& step = steps[number];
        if (written[number]) {
            Release(step);
            continue;
        }
        state_.work += step.work;
        jobs.push_back({[this, &step, number](RangeWriter& writer) { Write(writer, step, number); },
                        step.work});
    }
    return RunJobs(jobs, progress, std::chrono::steady_clock::time_point::max()) == jobs.size();
}

void Finish::Write(RangeWriter& writer, const Step& step, std::uint64_t number) {
    auto& sink = load_.Into(step.table, FileName(step.table, step.range.first));
    (writer.*step.write)(step.range, sink);
    Written written{number, &step, load_.Close(sink)};
    {
        const std::lock_guard lock(mutex_);
        unrecorded_.push_back(std::move(written));
    }
    Record();
}

void Finish::Record() {
    std::vector<Written> written;
    {
        const std::lock_guard lock(mutex_);
        if (matches_saved_ < state_.matched || unrecorded_.empty()) return;
        written.swap(unrecorded_);
        for (const auto& [number, step, files] : written) {
            state_.files.insert(state_.files.end(), files.begin(), files.end());
            state_.written.push_back(number);
            state_.work_done += step->work;
        }
        ReplaceDurably(journal_, state_.Encode());
    }
    for (const Written& each : written) Release(*each.step);
}

void Finish::ReleaseMatched(std::uint64_t range) {
    const auto [first, end] = RangeOf(range);
    for (std::size_t partition = first; partition < end; ++partition) {
        rows_.created.Release(partition);
        rows_.spent.Release(partition);
    }
}

void Finish::Release(const Step& step) {
    if (step.rows == nullptr) return;
    for (std::size_t partition = step.range.first; partition < step.range.end; ++partition)
        step.rows->Release(partition);
}

std::size_t Finish::Threads() const {
    // Rows as read and as sorted.
    const std::size_t each =
        2 * std::max({rows_.created.LargestPartitionBytes() + rows_.spent.LargestPartitionBytes(),
                      rows_.uses.LargestPartitionBytes(), rows_.unspent.LargestPartitionBytes(),
                      rows_.spenders.LargestPartitionBytes(), std::size_t{1}});
    const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
    // One more, as each waits for the disk now and then.
    return std::clamp<std::size_t>(max_bytes_ / each, 1, processors + 1);
}

double Finish::PartDone() const {
    if (state_.work == 0) return 1;
    return std::min(static_cast<double>(work_done_) / static_cast<double>(state_.work), 1.0);
}

std::size_t Finish::RunJobs(const std::vector<Job>& jobs, const Progress& progress,
                            std::chrono::steady_clock::time_point until) {
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> stop = false;
    std::mutex mutex;  // guards done, failure, work_done_, stopped_, progress
    std::size_t done = 0;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            RangeWriter writer(rows_, join_);
            for (std::size_t i; !stop && (i = next++) < jobs.size();) {
                jobs[i].run(writer);
                const std::lock_guard lock(mutex);
                ++done;
                work_done_ += jobs[i].work;
                if (!progress(PartDone())) stopped_ = true;
                if (stopped_ || std::chrono::steady_clock::now() >= until) stop = true;
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
            stop = true;
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t left = Threads(); left > 1; --left) others.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
    return done;
}

}  // namespace amber::index::bulk
