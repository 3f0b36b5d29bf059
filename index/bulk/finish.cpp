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

constexpr double kMatchedAt = 0.4;  ///< of the whole work, when outputs are matched
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
    // In front, because they are the largest.
    for (std::size_t at = 0; at < rows_.spenders.Partitions(); ++at)
        steps.push_back(
            {Table::spender, &RangeWriter::WriteSpenders, {at, at + 1}, &rows_.spenders});
    for (std::uint64_t i = 0; i < state_.ranges; ++i) {
        const PartitionRange range = RangeOf(i);
        steps.push_back({Table::history, &RangeWriter::WriteHistory, range, &rows_.uses});
        steps.push_back({Table::u, &RangeWriter::WriteUnspent, range, &rows_.unspent});
        steps.push_back({Table::txnum, &RangeWriter::WriteTxNums, range, &rows_.txnums});
    }
    steps.push_back({Table::header, &RangeWriter::WriteHeaders, {0, 1}, nullptr});
    steps.push_back({Table::header_merkle, &RangeWriter::WriteHeaderMerkle, {0, 1}, nullptr});
    return steps;
}

bool Finish::Run(const Progress& progress) {
    for (std::uint64_t range = 0; range < state_.matched; ++range) ReleaseMatched(range);
    while (state_.matched < state_.ranges)
        if (!MatchSome(progress)) return false;
    return WriteTables(progress);
}

bool Finish::MatchSome(const Progress& progress) {
    const std::uint64_t from = state_.matched;
    std::vector<Job> jobs;
    for (std::uint64_t range = from; range < state_.ranges; ++range)
        jobs.emplace_back([this, range](RangeWriter& writer) { Match(writer, range); });
    const auto start = std::chrono::steady_clock::now();
    bool stopped = false;
    state_.matched += RunJobs(jobs, [&](std::size_t done) {
        const auto part = static_cast<double>(from + done) / static_cast<double>(state_.ranges);
        stopped = !progress(kMatchedAt * part);
        return !stopped && std::chrono::steady_clock::now() - start < kSavePeriod;
    });
    save_();
    for (std::uint64_t range = from; range < state_.matched; ++range) ReleaseMatched(range);
    return !stopped;
}

void Finish::Match(RangeWriter& writer, std::uint64_t range) {
    const PartitionRange partitions = RangeOf(range);
    auto& sink = load_.Into(Table::h, FileName(Table::h, partitions.first));
    const std::uint64_t unspent = writer.Match(partitions, sink);
    const auto files = load_.Close(sink);
    const std::lock_guard lock(mutex_);
    state_.utxo_count += unspent;
    state_.files.insert(state_.files.end(), files.begin(), files.end());
}

bool Finish::WriteTables(const Progress& progress) {
    const auto steps = Steps();
    std::vector<bool> written(steps.size());
    for (const std::uint64_t number : state_.written)
        if (number < steps.size()) written[number] = true;
    std::vector<Job> jobs;
    for (std::size_t number = 0; number < steps.size(); ++number) {
        if (written[number])
            Release(steps[number]);
        else
            jobs.emplace_back([this, &step = steps[number], number](RangeWriter& writer) {
                Write(writer, step, number);
            });
    }
    const std::size_t before = steps.size() - jobs.size();
    const std::size_t run = RunJobs(jobs, [&](std::size_t done) {
        const auto part = static_cast<double>(before + done) / static_cast<double>(steps.size());
        return progress(kMatchedAt + (1 - kMatchedAt) * part);
    });
    return run == jobs.size();
}

void Finish::Write(RangeWriter& writer, const Step& step, std::uint64_t number) {
    auto& sink = load_.Into(step.table, FileName(step.table, step.range.first));
    (writer.*step.write)(step.range, sink);
    const auto files = load_.Close(sink);
    {
        const std::lock_guard lock(mutex_);
        state_.files.insert(state_.files.end(), files.begin(), files.end());
        state_.written.push_back(number);
        ReplaceDurably(journal_, state_.Encode());
    }
    Release(step);
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
    return std::clamp<std::size_t>(max_bytes_ / each, 1, processors);
}

std::size_t Finish::RunJobs(const std::vector<Job>& jobs,
                            const std::function<bool(std::size_t done)>& go_on) {
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> stop = false;
    std::mutex mutex;  // guards done, failure, go_on
    std::size_t done = 0;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            RangeWriter writer(rows_, join_);
            for (std::size_t i; !stop && (i = next++) < jobs.size();) {
                jobs[i](writer);
                const std::lock_guard lock(mutex);
                if (!go_on(++done)) stop = true;
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
