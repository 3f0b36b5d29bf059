#include "daemon_client/file_feed.h"

#include <algorithm>
#include <thread>

namespace amber::daemon_client {

namespace fs = std::filesystem;
using index::Block;
using index::BlockHash;
using index::Bytes;
using index::Height;
using index::NodeError;
using index::NodeResult;
using index::NodeTip;

namespace {

/// Of a run; a block that is larger is a run of its own.
constexpr std::size_t kRunBytes = std::size_t{1} << 20;

std::string StrandedText(const BlockTable::Stranded& stranded, const std::filesystem::path& file) {
    return file.string() + ": byte " + std::to_string(stranded.first.offset) + ": block " +
           ToDisplayHex(stranded.hash) + " follows block " + ToDisplayHex(stranded.missing) +
           ", which is missing" +
           (stranded.count > 1 ? "; so " + std::to_string(stranded.count) + " blocks cannot be used"
                               : "");
}

FileResult<std::vector<fs::path>> ExpandDirectories(const std::vector<fs::path>& paths) {
    std::vector<fs::path> files;
    for (const fs::path& path : paths) {
        std::error_code failed;
        if (!fs::exists(path, failed))
            return FileError{path, {}, failed ? failed.message() : "there is no such file"};
        if (!fs::is_directory(path)) {
            files.push_back(path);
            continue;
        }
        const auto listed = BlockFiles::ListDirectory(path);
        if (!listed) return listed.error();
        if (listed->empty()) return FileError{path, {}, "has no files blk?????.dat"};
        files.insert(files.end(), listed->begin(), listed->end());
    }
    return files;
}

}  // namespace

FileResult<std::unique_ptr<FileFeed>> FileFeed::Open(const index::Coin& coin,
                                                     const std::vector<fs::path>& paths,
                                                     const FileFeedOptions& options) {
    const auto list = ExpandDirectories(paths);
    if (!list) return list.error();
    auto files = BlockFiles::OpenList(coin, *list);
    if (!files) return files.error();
    return std::make_unique<FileFeed>(coin, std::move(*files), options);
}

FileFeed::FileFeed(const index::Coin& coin, std::unique_ptr<BlockFiles> files,
                   const FileFeedOptions& options)
    : coin_(coin),
      options_(options),
      files_(std::move(files)),
      pool_(options.threads != 0 ? options.threads
                                 : std::max(1u, std::thread::hardware_concurrency()),
            "amber-parse") {}

FileFeed::~FileFeed() { pool_.Stop(); }

FileFeed::Contents FileFeed::Look(const std::optional<Have>& have, const std::stop_token& stop,
                                  const Progress& progress) {
    Contents contents;
    for (const FileError& problem : files_->Refresh(stop, progress).problems)
        contents.problems.push_back(problem.Text());
    contents.blocks = files_->BlockCount();
    FindChain(have);

    const std::size_t shared = have ? CountShared(*have) : 0;
    contents.to_come = chain_.size() - shared;
    contents.first = {base_ + static_cast<std::uint32_t>(shared)};
    std::uint64_t bytes_to_come = 0;
    for (std::size_t i = shared; i < chain_.size(); ++i) bytes_to_come += chain_[i].position.size;
    bytes_to_come_ = bytes_to_come;
    contents.known = base_ == 0 ? shared : files_->CountUpTo(chain_.front().hash);
    const BlockHash root = chain_.empty() ? BlockHash{} : chain_.front().hash;  // else: no block's
    if (const auto stranded = files_->FindStranded(root)) {
        contents.stranded = stranded->count;
        contents.problems.push_back(StrandedText(*stranded, files_->PathOf(stranded->first.file)));
    }
    contents.aside = contents.blocks - contents.known - contents.to_come - contents.stranded;
    return contents;
}

void FileFeed::FindChain(const std::optional<Have>& have) {
    if (files_->Find(coin_.genesis)) {
        chain_ = files_->BestChain(coin_.genesis);
    } else if (have) {
        chain_ = files_->BestChain(have->hash_at(have->height));
        if (!chain_.empty()) base_ = have->height.value;
    }
    for (const ChainedBlock& block : chain_) chain_bytes_ += block.position.size;
    const std::lock_guard lock(mutex_);
    end_ = chain_.size();
}

std::size_t FileFeed::CountShared(const Have& have) const {
    const std::size_t comparable =
        std::min<std::size_t>(chain_.size(), std::size_t{have.height.value} - base_ + 1);
    const auto fork = std::partition_point(
        chain_.begin(), chain_.begin() + static_cast<std::ptrdiff_t>(comparable),
        [&](const ChainedBlock& block) {
            const auto at = static_cast<std::uint32_t>(&block - chain_.data());
            return have.hash_at({base_ + at}) == block.hash;
        });
    return static_cast<std::size_t>(fork - chain_.begin());
}

std::optional<std::string> FileFeed::Damage() const {
    const std::lock_guard lock(mutex_);
    return damage_;
}

NodeResult<NodeTip> FileFeed::Tip() {
    const std::lock_guard lock(mutex_);
    if (end_ == 0) return NodeError{NodeError::Kind::unreachable, 0, "the files hold no chain"};
    const Height height{base_ + static_cast<std::uint32_t>(end_ - 1)};
    return NodeTip{height, chain_[end_ - 1].hash, height, false, chain_bytes_};
}

NodeResult<std::vector<BlockHash>> FileFeed::Hashes(Height first, std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<BlockHash> hashes;
    if (first.value < base_)
        return NodeError{NodeError::Kind::unreachable, 0, "the files begin at a later block"};
    for (std::size_t at = first.value - base_; at < end_ && hashes.size() < count; ++at)
        hashes.push_back(chain_[at].hash);
    return hashes;
}

void FileFeed::Restart(Height next) {
    const std::lock_guard lock(mutex_);
    runs_.clear();
    ahead_ = 0;
    planned_ = std::min<std::size_t>(next.value > base_ ? next.value - base_ : 0, end_);
    PlanRuns();
}

/// With mutex_ held.
void FileFeed::PlanRuns() {
    while (planned_ < end_ && ahead_ < options_.ahead_bytes) {
        auto run = std::make_shared<Run>(RunFrom(planned_));
        planned_ += run->count;
        ahead_ += run->bytes;
        runs_.push_back(run);
        pool_.Post([this, run] {
            Fill(*run);
            const std::lock_guard ready(mutex_);
            run->ready = true;
            if (!runs_.empty() && runs_.front() == run) changed_.notify_all();
        });
    }
}

FileFeed::Run FileFeed::RunFrom(std::size_t first) const {
    const BlockPosition& begin = chain_[first].position;
    Run run;
    run.first = first;
    run.count = 1;
    run.bytes = begin.size;
    for (std::size_t at = first + 1; at < end_; ++at) {
        const BlockPosition& next = chain_[at].position;
        if (next.file != begin.file || next.offset < begin.offset + run.bytes) break;
        const std::size_t bytes = std::size_t{next.offset} + next.size - begin.offset;
        if (bytes > kRunBytes) break;
        run.bytes = bytes;
        ++run.count;
    }
    return run;
}

/// Touches nothing that others change.
void FileFeed::Fill(Run& run) const {
    const BlockPosition& begin = chain_[run.first].position;
    auto bytes = files_->ReadBytes(begin.file, begin.offset, run.bytes);
    if (!bytes) {
        run.damage = bytes.error();
        return;
    }
    for (std::size_t i = 0; i < run.count; ++i) {
        const ChainedBlock& wanted = chain_[run.first + i];
        const auto from = bytes->begin() + (wanted.position.offset - begin.offset);
        Bytes raw = run.count == 1 ? std::move(*bytes) : Bytes(from, from + wanted.position.size);
        auto block = CheckBlock(*coin_.codec, wanted.hash, std::move(raw), options_.merkle_roots);
        if (!block) {
            run.damage =
                FileError{files_->PathOf(begin.file), wanted.position.offset,
                          "bad block " + ToDisplayHex(wanted.hash) + ": " + block.error().why};
            return;
        }
        run.blocks.push_back(std::move(*block));
    }
}

/// With mutex_ held.
void FileFeed::CutBefore(std::size_t place, const FileError& damage) {
    damage_ = damage.Text() + " (height " + std::to_string(base_ + place) +
              "; no block from there on is taken)";
    end_ = planned_ = place;
    runs_.clear();
    ahead_ = 0;
}

std::vector<Block> FileFeed::Take(std::size_t max_bytes, std::chrono::milliseconds wait) {
    std::vector<Block> blocks;
    std::unique_lock lock(mutex_);
    PlanRuns();
    changed_.wait_for(lock, wait, [&] { return runs_.empty() || runs_.front()->ready; });
    for (std::size_t bytes = 0; bytes < max_bytes && !runs_.empty() && runs_.front()->ready;) {
        const auto run = std::move(runs_.front());
        runs_.pop_front();
        ahead_ -= run->bytes;
        bytes += run->bytes;
        std::ranges::move(run->blocks, std::back_inserter(blocks));
        if (run->damage) CutBefore(run->first + run->blocks.size(), *run->damage);
    }
    PlanRuns();
    return blocks;
}

}  // namespace amber::daemon_client
