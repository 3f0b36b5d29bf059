#include "index/bulk/partitioned_rows.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "index/store/reach.h"
#include "index/tables/row_bytes.h"

namespace amber::index::bulk {

using store::StoreError;

PartitionedRows::PartitionedRows(std::filesystem::path path, std::size_t row_size,
                                 std::size_t partitions_per_file, std::size_t partitions)
    : path_(std::move(path)),
      row_size_(row_size),
      chunk_bytes_(kChunkBytes - kChunkBytes % row_size),
      partitions_per_file_(partitions_per_file) {
    Grow(partitions);
}

PartitionedRows::~PartitionedRows() {
    for (const File& file : files_) close(file.number);
}

std::filesystem::path PartitionedRows::PathOf(std::size_t file) const {
    return path_.string() + "." + std::to_string(file);
}

void PartitionedRows::Fail(const char* doing, std::size_t file) const {
    const std::string path = PathOf(file).string();
    if (errno == ENOSPC) throw StoreError(store::DiskFull(path));
    throw StoreError("first sync: cannot " + std::string(doing) + " " + path + ": " +
                     std::generic_category().message(errno));
}

void PartitionedRows::Grow(std::size_t partitions) {
    partitions_.resize(partitions);
    while (files_.size() * partitions_per_file_ < partitions) {
        const std::size_t file = files_.size();
        const int number = open(PathOf(file).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (number < 0) Fail("open", file);
        files_.push_back({.number = number});
    }
}

void PartitionedRows::Add(std::size_t number, std::span<const std::uint8_t> rows) {
    while (!rows.empty()) {
        Chunk full;
        Place place{};
        {
            const std::lock_guard lock(mutex_);
            if (number >= partitions_.size()) Grow(number + 1);
            Partition& partition = partitions_[number];
            if (partition.left == 0) {
                full = std::move(partition.last);
                if (full) {
                    place = NextPlace(FileOf(number));
                    partition.chunks.push_back(place.chunk);
                }
                NewLast(partition);
            }
            const auto part = rows.first(std::min<std::size_t>(partition.left, rows.size()));
            std::copy(part.begin(), part.end(), partition.last.get() + LastBytes(partition));
            partition.left -= static_cast<std::uint32_t>(part.size());
            rows = rows.subspan(part.size());
        }
        if (full) WriteChunk(full, place);
    }
}

void PartitionedRows::MakeRoom(std::size_t number) {
    Partition& partition = partitions_[number];
    if (!partition.last) return NewLast(partition);
    const Place place = NextPlace(FileOf(number));
    WriteChunk(partition.last, place);
    partition.chunks.push_back(place.chunk);
    partition.left = static_cast<std::uint32_t>(chunk_bytes_);
}

void PartitionedRows::NewLast(Partition& partition) const {
    partition.last.reset(new std::uint8_t[chunk_bytes_]);
    partition.left = static_cast<std::uint32_t>(chunk_bytes_);
}

PartitionedRows::Place PartitionedRows::NextPlace(std::size_t file) {
    return {file, files_[file].number, files_[file].chunks++};
}

void PartitionedRows::WriteChunk(const Chunk& chunk, const Place& place) const {
    std::span<const std::uint8_t> bytes(chunk.get(), chunk_bytes_);
    for (auto at = static_cast<off_t>(place.chunk) * static_cast<off_t>(kChunkBytes);
         !bytes.empty();) {
        const auto written = pwrite(place.descriptor, bytes.data(), bytes.size(), at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) Fail("write", place.file);
        at += written;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

std::size_t PartitionedRows::Bytes(std::size_t number) const {
    if (number >= partitions_.size()) return 0;
    const Partition& partition = partitions_[number];
    return partition.chunks.size() * chunk_bytes_ + LastBytes(partition);
}

std::uint64_t PartitionedRows::Rows() const {
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < partitions_.size(); ++i) rows += Rows(i);
    return rows;
}

std::size_t PartitionedRows::LargestPartitionBytes() const {
    std::size_t largest = 0;
    for (std::size_t i = 0; i < partitions_.size(); ++i) largest = std::max(largest, Bytes(i));
    return largest;
}

std::span<std::uint8_t> PartitionedRows::Read(std::size_t number, RowBuffer& buffer) const {
    const auto rows = buffer.Take(Bytes(number));
    if (rows.empty()) return rows;
    const Partition& partition = partitions_[number];
    const std::size_t file = FileOf(number);
    std::uint8_t* out = rows.data();
    for (const std::uint32_t chunk : partition.chunks) {
        auto at = static_cast<off_t>(chunk) * static_cast<off_t>(kChunkBytes);
        for (std::size_t left = chunk_bytes_; left > 0;) {
            const auto read = pread(files_[file].number, out, left, at);
            if (read < 0 && errno == EINTR) continue;
            if (read == 0) errno = EIO;  // cut off by somebody
            if (read <= 0) Fail("read", file);
            at += read;
            out += read;
            left -= static_cast<std::size_t>(read);
        }
    }
    std::copy_n(partition.last.get(), LastBytes(partition), out);
    return rows;
}

void PartitionedRows::Release(std::size_t number) {
    const std::lock_guard lock(mutex_);
    if (number >= partitions_.size()) return;
    partitions_[number] = {};
    File& file = files_[FileOf(number)];
    const std::size_t first = FileOf(number) * partitions_per_file_;
    if (++file.released < std::min(partitions_per_file_, partitions_.size() - first)) return;
    file.chunks = 0;
    if (ftruncate(file.number, 0) != 0) Fail("cut", FileOf(number));
}

std::string PartitionedRows::Save() const {
    for (std::size_t file = 0; file < files_.size(); ++file)
        if (fdatasync(files_[file].number) != 0) Fail("write", file);
    std::string saved;
    tables::AppendVarInt(saved, partitions_.size());
    for (const File& file : files_) tables::AppendVarInt(saved, file.chunks);
    for (const Partition& partition : partitions_) {
        tables::AppendVarInt(saved, partition.chunks.size());
        std::uint32_t last = 0;
        for (const std::uint32_t chunk : partition.chunks)
            tables::AppendVarInt(saved, chunk - std::exchange(last, chunk));
        tables::AppendVarInt(saved, LastBytes(partition));
        saved.append(reinterpret_cast<const char*>(partition.last.get()), LastBytes(partition));
    }
    return saved;
}

std::string_view PartitionedRows::Restore(std::string_view saved, bool some_released) {
    tables::RowReader in(saved);
    partitions_.clear();
    Grow(in.VarInt());
    for (File& file : files_) {
        file.chunks = static_cast<std::uint32_t>(in.VarInt());
        file.released = 0;
    }
    for (Partition& partition : partitions_) {
        partition.chunks.resize(in.VarInt());
        std::uint32_t last = 0;
        for (std::uint32_t& chunk : partition.chunks)
            chunk = last += static_cast<std::uint32_t>(in.VarInt());
        const std::string_view rest = in.Raw(in.VarInt());
        if (rest.empty()) continue;
        if (rest.size() > chunk_bytes_)
            throw StoreError("first sync: the state of " + path_.string() +
                             " is damaged; delete the folder it is in and sync again");
        NewLast(partition);
        std::copy(rest.begin(), rest.end(), partition.last.get());
        partition.left -= static_cast<std::uint32_t>(rest.size());
    }
    for (std::size_t file = 0; file < files_.size(); ++file) CutFile(file, some_released);
    return in.Rest();
}

void PartitionedRows::CutFile(std::size_t file, bool may_be_shorter) const {
    const std::uint64_t places = std::uint64_t{files_[file].chunks} * kChunkBytes;
    // The last chunk is shorter than its place.
    const std::uint64_t needed =
        places - std::min<std::uint64_t>(places, kChunkBytes - chunk_bytes_);
    struct stat status {};
    if (fstat(files_[file].number, &status) != 0) Fail("look at", file);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size < needed && !may_be_shorter)
        throw StoreError("first sync: " + PathOf(file).string() +
                         " has lost its end; delete the folder it is in and sync again");
    if (size > places && ftruncate(files_[file].number, static_cast<off_t>(places)) != 0)
        Fail("cut", file);
}

}  // namespace amber::index::bulk
