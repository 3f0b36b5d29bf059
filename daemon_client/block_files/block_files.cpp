#include "daemon_client/block_files/block_files.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace amber::daemon_client {

namespace fs = std::filesystem;
using index::BlockHash;
using index::Bytes;

namespace {

constexpr std::string_view kPrefix = "blk";
constexpr std::string_view kSuffix = ".dat";
/// A node adds to its last file; with a snapshot of the state it fills two at a time. Files so far
/// behind the last one that end with a record are taken to be finished.
constexpr std::uint32_t kOpenFiles = 4;
/// Blocks found go into the table so many at a time: readers wait that long.
constexpr std::size_t kBatch = 1000;
/// Files looked at in order to see whether they are of our network, from the front and the back.
constexpr std::size_t kFilesChecked = 3;

std::string NameOf(const char* kind, std::uint32_t number) {
    char name[24];
    std::snprintf(name, sizeof name, "%s%05u.dat", kind, number);
    return name;
}

std::optional<std::uint32_t> NumberOf(std::string_view name) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
    if (name.size() < kPrefix.size() + 5 + kSuffix.size()) return std::nullopt;
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(kSuffix.size());
    std::uint32_t number = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failed != std::errc() || end != name.data() + name.size()) return std::nullopt;
    return number;
}

/// A file changed within a tick of the clock still has the same time: one that changed just now
/// may be another already.
bool IsRecent(const MaskedFile::Stamp& stamp) {
    using namespace std::chrono;
    const auto now = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
    return stamp.modified_ns + nanoseconds(1s).count() > now;
}

}  // namespace

FileResult<std::unique_ptr<BlockFiles>> BlockFiles::Open(const index::Coin& coin,
                                                         fs::path directory) {
    const auto key = XorKey::Load(directory);
    if (!key) return key.error();
    std::unique_ptr<BlockFiles> files(new BlockFiles(coin, std::move(directory), *key));
    if (const auto listed = files->ListFiles(); !listed) return listed.error();
    if (const auto checked = files->CheckNetwork(); !checked) return checked.error();
    return files;
}

FileResult<std::unique_ptr<BlockFiles>> BlockFiles::OpenList(const index::Coin& coin,
                                                             const std::vector<fs::path>& paths) {
    std::vector<Named> list;
    std::optional<std::pair<fs::path, XorKey>> last;  // many files lie in one directory
    for (const fs::path& path : paths) {
        XorKey key;
        if (NumberOf(path.filename().native())) {
            const fs::path directory = path.parent_path();
            if (!last || last->first != directory) {
                const auto loaded = XorKey::Load(directory);
                if (!loaded) return loaded.error();
                last.emplace(directory, *loaded);
            }
            key = last->second;
        }
        list.push_back({path, key});
    }
    std::unique_ptr<BlockFiles> files(new BlockFiles(coin, std::move(list)));
    for (std::uint32_t number = 0; number < files->list_.size(); ++number)
        files->files_.try_emplace(number);
    return files;
}

FileResult<std::vector<fs::path>> BlockFiles::ListDirectory(const fs::path& directory) {
    std::map<std::uint32_t, fs::path> there;
    std::error_code failed;
    for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end;
         entry.increment(failed))
        if (const auto number = NumberOf(entry->path().filename().native()))
            there.emplace(*number, entry->path());
    if (failed) return FileError{directory, {}, failed.message()};
    std::vector<fs::path> paths;
    for (auto& [number, path] : there) paths.push_back(std::move(path));
    return paths;
}

fs::path BlockFiles::PathOf(std::uint32_t file) const {
    return list_.empty() ? directory_ / NameOf("blk", file) : list_[file].path;
}

FileResult<MaskedFile> BlockFiles::OpenFile(std::uint32_t number) const {
    return MaskedFile::Open(PathOf(number), list_.empty() ? key_ : list_[number].key);
}

FileResult<void> BlockFiles::CheckNetwork() {
    std::optional<FileError> problem;
    std::size_t place = 0;
    for (auto& [number, unused] : files_) {
        const std::size_t from_end = files_.size() - ++place;
        if (place > kFilesChecked && from_end >= kFilesChecked) continue;
        const auto file = OpenFile(number);
        if (!file) return file.error();
        std::uint8_t magic[4] = {};
        const auto got = file->Read(0, magic);
        if (!got) return got.error();
        if (std::ranges::equal(magic, coin_.magic)) return {};
        if (*got > 0)
            problem = file->Error(
                0, "does not begin with a block of " + std::string(coin_.network) +
                       " (another network's files, or masked with another key than xor.dat's)");
    }
    if (problem) return *problem;
    return {};
}

/// Notes files that are new, forgets those that are gone. Does nothing if none came or went.
FileResult<void> BlockFiles::ListFiles() {
    if (!list_.empty()) return {};
    const auto stamp = StampOf(directory_);
    if (!stamp) return stamp.error();
    newly_listed_ = *stamp != listed_;
    if (!newly_listed_) return {};

    const auto paths = ListDirectory(directory_);
    if (!paths) return paths.error();
    std::map<std::uint32_t, File> there;
    for (const fs::path& path : *paths) {
        const std::uint32_t number = *NumberOf(path.filename().native());
        const auto known = files_.find(number);
        there.emplace(number, known == files_.end() ? File{} : known->second);
    }
    files_ = std::move(there);
    listed_ = IsRecent(*stamp) ? MaskedFile::Stamp{} : *stamp;
    return {};
}

bool BlockFiles::IsFinished(std::uint32_t number, const File& file) const {
    return file.seen != MaskedFile::Stamp{} && file.scan.next == file.seen.size &&
           number + kOpenFiles <= files_.rbegin()->first;
}

BlockFiles::Report BlockFiles::Refresh(const std::stop_token& stop, const Progress& progress) {
    const std::lock_guard lock(refresh_mutex_);
    Report report;
    if (const auto listed = ListFiles(); !listed) report.problems.push_back(listed.error());
    std::size_t done = 0;
    for (auto& [number, file] : files_) {
        if (stop.stop_requested()) break;
        if (progress) progress(done++, files_.size());
        if (!newly_listed_ && IsFinished(number, file)) continue;
        if (const auto looked = Look(number, file, stop, report); !looked)
            report.problems.push_back(looked.error());
    }
    return report;
}

FileResult<void> BlockFiles::Look(std::uint32_t number, File& file, const std::stop_token& stop,
                                  Report& report) {
    const auto stamp = StampOf(PathOf(number));
    if (!stamp) return stamp.error();
    if (*stamp == file.seen) return {};
    const auto open = OpenFile(number);
    if (!open) return open.error();
    open->ExpectRandomReads();

    std::vector<FoundBlock> found;
    const RecordScan::Found sink = [&](const FoundBlock& block) {
        found.push_back(block);
        if (found.size() == kBatch) report.blocks += Add(found);
    };
    const auto scanned =
        RecordScan(*open, number, coin_, file.scan, sink, report.problems).Run(stop);
    report.blocks += Add(found);
    if (!scanned) return scanned.error();
    file.seen = stop.stop_requested() || IsRecent(*stamp) ? MaskedFile::Stamp{} : *stamp;
    return {};
}

/// Empties `found`; returns how many of it were new.
std::size_t BlockFiles::Add(std::vector<FoundBlock>& found) {
    const std::lock_guard lock(table_mutex_);
    const std::size_t before = table_.Size();
    for (const FoundBlock& block : found) table_.Add(block);
    found.clear();
    return table_.Size() - before;
}

std::optional<BlockPosition> BlockFiles::Find(const BlockHash& hash) const {
    const std::shared_lock lock(table_mutex_);
    return table_.Find(hash);
}

FileResult<Bytes> BlockFiles::Read(const BlockPosition& position) const {
    return ReadPart(position, 0, position.size);
}

FileResult<Bytes> BlockFiles::ReadPart(const BlockPosition& position, std::uint32_t offset,
                                       std::uint32_t size) const {
    return ReadBytes(position.file, std::uint64_t{position.offset} + offset, size);
}

FileResult<Bytes> BlockFiles::ReadBytes(std::uint32_t file, std::uint64_t offset,
                                        std::size_t size) const {
    const auto open = OpenFile(file);
    if (!open) return open.error();
    Bytes bytes(size);
    const auto got = open->Read(offset, bytes);
    if (!got) return got.error();
    if (*got < size)
        return open->Error(offset + *got, "the file ends where a block was found before");
    return bytes;
}

std::vector<ChainedBlock> BlockFiles::BestChain(const BlockHash& root) const {
    const std::shared_lock lock(table_mutex_);
    return table_.BestChain(root);
}

std::optional<BlockTable::Stranded> BlockFiles::FindStranded(const BlockHash& root) const {
    const std::shared_lock lock(table_mutex_);
    return table_.FindStranded(root);
}

std::size_t BlockFiles::CountUpTo(const BlockHash& root) const {
    const std::shared_lock lock(table_mutex_);
    return table_.CountUpTo(root);
}

std::size_t BlockFiles::BlockCount() const {
    const std::shared_lock lock(table_mutex_);
    return table_.Size();
}

}  // namespace amber::daemon_client
