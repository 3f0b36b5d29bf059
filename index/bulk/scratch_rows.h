#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace amber::index::bulk {

/// Rows of one size, scattered over numbered partitions and gathered again one partition at a time.
/// They go to one file, in chunks that each hold rows of one partition; of every partition the last,
/// unfinished chunk is in memory.
/// Memory: at most kChunkBytes for each partition in use, and 4 bytes for each chunk in the file.
/// Thread: Add from any, after that Read from any. Errors: StoreError naming the file.
class ScratchRows {
public:
    static constexpr std::size_t kChunkBytes = 32 << 10;

    /// Begins with no rows; what the file may hold counts again after Restore().
    ScratchRows(std::filesystem::path path, std::size_t row_size);
    ~ScratchRows();
    ScratchRows(const ScratchRows&) = delete;

    /// Whole rows.
    void Add(std::size_t partition, std::span<const std::uint8_t> rows);

    [[nodiscard]] std::size_t Partitions() const { return partitions_.size(); }
    [[nodiscard]] std::size_t RowCount(std::size_t partition) const;
    /// All rows of the partition, in the order they were added (by one thread).
    [[nodiscard]] std::vector<std::uint8_t> Read(std::size_t partition) const;

    /// What Restore() needs besides the file, which is on disk when this returns.
    [[nodiscard]] std::string Save() const;
    /// Goes back to what was there at Save(), by this process or one before. Returns what of `saved`
    /// follows.
    std::string_view Restore(std::string_view saved);

    [[nodiscard]] std::uint64_t FileBytes() const { return std::uint64_t{chunks_} * chunk_bytes_; }

private:
    struct Partition {
        std::vector<std::uint32_t> chunks;  ///< places in the file
        std::vector<std::uint8_t> rest;
    };
    [[noreturn]] void Fail(const char* doing) const;
    void WriteChunk(Partition& partition);

    const std::filesystem::path path_;
    const std::size_t row_size_;
    const std::size_t chunk_bytes_;  ///< a multiple of row_size_
    int file_ = -1;
    std::mutex mutex_;  ///< guards all below during Add
    std::uint32_t chunks_ = 0;
    std::vector<Partition> partitions_;
};

}  // namespace amber::index::bulk
