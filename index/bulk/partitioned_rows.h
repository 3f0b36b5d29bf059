#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/bulk/row_buffer.h"

namespace amber::index::bulk {

/// Rows of one size, scattered over numbered partitions and gathered again one partition at a time.
/// A file holds those of many partitions that follow each other, in chunks of one partition each;
/// of every partition the last chunk is in memory. Memory: at most kChunkBytes for each partition
/// in use, and 4 bytes for each chunk in the file. Thread: see Add and AddAlone; after that Read
/// and Release from any, one for a partition. Errors: StoreError naming the file.
class PartitionedRows {
public:
    static constexpr std::size_t kChunkBytes = 16 << 10;

    /// Files are named `path` and a number. Begins with no rows; what the files may hold counts
    /// again after Restore(). There can be more partitions than `partitions`.
    PartitionedRows(std::filesystem::path path, std::size_t row_size,
                    std::size_t partitions_per_file, std::size_t partitions = 0);
    ~PartitionedRows();
    PartitionedRows(const PartitionedRows&) = delete;

    /// Whole rows, from any thread.
    void Add(std::size_t partition, std::span<const std::uint8_t> rows);
    /// One row: cheaper. Meanwhile no other thread may add to the partitions of its file; nor to
    /// any, if this is not one of the first `partitions`.
    template <class Row>
    void AddAlone(std::size_t number, const Row& row) {
        if (number >= partitions_.size()) Grow(number + 1);
        Partition& partition = partitions_[number];
        if (partition.left == 0) MakeRoom(number);
        std::memcpy(partition.last.get() + (chunk_bytes_ - partition.left), row.bytes.data(),
                    sizeof(Row));
        partition.left -= static_cast<std::uint32_t>(sizeof(Row));
    }

    [[nodiscard]] std::size_t Partitions() const { return partitions_.size(); }
    [[nodiscard]] std::size_t Bytes(std::size_t partition) const;
    /// Of one partition; of all.
    [[nodiscard]] std::uint64_t Rows(std::size_t partition) const {
        return Bytes(partition) / row_size_;
    }
    [[nodiscard]] std::uint64_t Rows() const;
    [[nodiscard]] std::size_t LargestPartitionBytes() const;
    /// All rows of the partition, in the order they were added (by one thread), in `buffer`.
    [[nodiscard]] std::span<std::uint8_t> Read(std::size_t partition, RowBuffer& buffer) const;
    /// The partition is of no more use. When no partition of its file is, the file is made empty.
    void Release(std::size_t partition);

    /// What Restore() needs besides the files, which are on disk when this returns.
    [[nodiscard]] std::string Save() const;
    /// Goes back to what was there at Save(), by this process or one before. With `some_released`,
    /// partitions may have been released since then: those are lost. Returns what of `saved`
    /// follows.
    std::string_view Restore(std::string_view saved, bool some_released);

private:
    using Chunk = std::unique_ptr<std::uint8_t[]>;
    struct Partition {
        std::vector<std::uint32_t> chunks;  ///< places in the file
        Chunk last;                         ///< may be full; it is written when the next row comes
        std::uint32_t left = 0;             ///< room in `last`
    };
    struct File {
        int number = -1;
        std::uint32_t chunks = 0;
        std::size_t released = 0;  ///< partitions
    };
    /// Where a chunk goes.
    struct Place {
        std::size_t file;
        int descriptor;
        std::uint32_t chunk;
    };
    [[nodiscard]] std::filesystem::path PathOf(std::size_t file) const;
    [[noreturn]] void Fail(const char* doing, std::size_t file) const;
    [[nodiscard]] std::size_t FileOf(std::size_t partition) const {
        return partition / partitions_per_file_;
    }
    [[nodiscard]] std::size_t LastBytes(const Partition& partition) const {
        return partition.last ? chunk_bytes_ - partition.left : 0;
    }
    /// To so many partitions. Makes the files.
    void Grow(std::size_t partitions);
    void MakeRoom(std::size_t partition);
    void NewLast(Partition& partition) const;
    [[nodiscard]] Place NextPlace(std::size_t file);
    void WriteChunk(const Chunk& chunk, const Place& place) const;
    /// To what its chunks need.
    void CutFile(std::size_t file, bool may_be_shorter) const;

    const std::filesystem::path path_;
    const std::size_t row_size_;
    const std::size_t chunk_bytes_;  ///< in use: a multiple of row_size_
    const std::size_t partitions_per_file_;
    std::mutex mutex_;  ///< guards all below during Add and Release
    std::vector<File> files_;
    std::vector<Partition> partitions_;
};

}  // namespace amber::index::bulk
