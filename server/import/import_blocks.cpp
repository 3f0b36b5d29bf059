#include "server/import/import_blocks.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace amber::server {

using index::BlockArchive;

namespace {

constexpr std::chrono::seconds kSayEvery(10);
/// Problems told one by one; a file full of garbage has more than anybody reads.
constexpr std::size_t kProblemsTold = 100;

BlockArchive::Contents LookInto(const index::Indexer& indexer, BlockArchive& archive,
                                const std::stop_token& stop) {
    auto said = std::chrono::steady_clock::now();
    return archive.Look(indexer.Have(), stop, [&](std::size_t done, std::size_t files) {
        const auto now = std::chrono::steady_clock::now();
        if (now - said < kSayEvery) return;
        said = now;
        spdlog::info("looking for blocks: {} of {} files", done, files);
    });
}

void TellProblems(const BlockArchive::Contents& contents) {
    for (std::size_t i = 0; i < std::min(kProblemsTold, contents.problems.size()); ++i)
        spdlog::warn("{}", contents.problems[i]);
    if (contents.problems.size() > kProblemsTold)
        spdlog::warn("{} more problems like these", contents.problems.size() - kProblemsTold);
}

void TellTotals(const BlockArchive::Contents& contents, std::size_t imported,
                const index::IndexerStatus& status) {
    spdlog::info(
        "{} blocks processed: {} imported, {} already known, {} on side branches, {} without their "
        "parents, {} not imported; the index is at height {}",
        contents.blocks, imported, contents.known, contents.aside, contents.stranded,
        contents.to_come - imported,
        status.tip ? std::to_string(status.tip->height.value) : "none");
}

/// In place of totals, while there is no index to count in: blocks of a first sync in bulk are in
/// it when all of it is done.
void TellUnfinished(const BlockArchive::Contents& contents, const index::Tip& reached) {
    spdlog::info(
        "{} blocks processed: {} on side branches, {} without their parents; the first sync is not "
        "finished: it has come to height {} and goes on from there, and the index holds no block "
        "before its end",
        contents.blocks, contents.aside, contents.stranded, reached.height.value);
}

/// Of the blocks to come, how many the index has now. None if it is on another branch than they.
std::size_t CountImported(const index::Indexer& indexer, BlockArchive& archive,
                          const BlockArchive::Contents& contents) {
    const auto have = indexer.Have();
    if (!have || contents.to_come == 0 || have->height < contents.first) return 0;
    const std::size_t reached = std::size_t{have->height.value} - contents.first.value + 1;
    const std::size_t count = std::min(contents.to_come, reached);
    const index::Height last{contents.first.value + static_cast<std::uint32_t>(count - 1)};
    const auto theirs = archive.Hashes(last, 1);
    const bool same = theirs && theirs->size() == 1 && theirs->front() == have->hash_at(last);
    return same ? count : 0;
}

}  // namespace

ImportOutcome ImportBlocks(index::Indexer& indexer, BlockArchive& archive,
                           const std::stop_token& stop) {
    const auto contents = LookInto(indexer, archive, stop);
    if (stop.stop_requested()) return {.whole = true, .stopped = true, .imported = 0};
    TellProblems(contents);
    const auto last = archive.Tip();
    if (last)
        spdlog::info("{} blocks in the files, a chain up to height {}", contents.blocks,
                     last->height.value);

    indexer.Import(archive);
    const auto status = indexer.Status();
    const std::size_t imported = CountImported(indexer, archive, contents);
    if (const auto damage = archive.Damage()) spdlog::error("{}", *damage);
    if (status.tip && !indexer.Have())
        TellUnfinished(contents, *status.tip);
    else
        TellTotals(contents, imported, status);
    return {.whole = contents.problems.empty() && !archive.Damage() && contents.blocks > 0,
            .stopped = stop.stop_requested(),
            .imported = imported};
}

}  // namespace amber::server
