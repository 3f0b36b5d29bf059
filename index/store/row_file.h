#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <span>

#include "index/store/reach.h"

struct stat;

namespace amber::index::store {

/// The settled rows of a numbered table (keys 0, 1, 2 ..., values of one size): a file of values
/// and nothing else, in which a row is found by its number. Against the same rows in RocksDB a read
/// costs a tenth and the keys and indexes are saved. The operating system caches it.
/// Invariant: rows below Count() never change. Where the count is kept says Store; what follows in
/// the file was written by a process that ended before the count was, and is cut off, which the log
/// tells.
/// Thread: Append from one; everything else thread-safe. Errors: StoreError naming the file.
class RowFile {
public:
    /// Creates it, if `count` is 0 and it may. A file that is shorter is refused.
    RowFile(std::filesystem::path path, std::size_t row_size, std::uint64_t count, bool read_only);
    ~RowFile();
    RowFile(const RowFile&) = delete;

    [[nodiscard]] std::uint64_t Count() const { return count_.load(std::memory_order_acquire); }
    [[nodiscard]] std::size_t RowSize() const { return row_size_; }

    /// Fills `rows` from row `first` on. Precondition: whole rows, all below Count(). With
    /// Reach::memory throws NotInMemory unless the system has all of it in memory.
    void Read(std::uint64_t first, std::span<char> rows, Reach reach) const;
    /// On disk to stay, and readable, when it returns. If it throws, the file is as long as it was.
    void Append(std::span<const char> rows);
    /// A file has come to this folder, or gone: on disk to stay when it returns.
    void SyncFolder() const;

private:
    [[noreturn]] void Fail(const char* doing) const;
    [[noreturn]] void FailToAppend() const;
    void CutOff(const struct stat& status);
    [[nodiscard]] std::uint64_t Bytes() const { return Count() * row_size_; }
    [[nodiscard]] std::int64_t ReadSome(std::uint64_t at, std::span<char> bytes, bool wait) const;

    const std::filesystem::path path_;
    const std::size_t row_size_;
    int file_ = -1;
    std::atomic<std::uint64_t> count_;
};

}  // namespace amber::index::store
