#include "index/bulk/scratch_rows.h"

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

ScratchRows::ScratchRows(std::filesystem::path path, std::size_t row_size)
    : path_(std::move(path)),
      row_size_(row_size),
      chunk_bytes_(kChunkBytes - kChunkBytes % row_size) {
    file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) Fail("open");
}

ScratchRows::~ScratchRows() { close(file_); }

void ScratchRows::Fail(const char* doing) const {
    if (errno == ENOSPC) throw StoreError(store::DiskFull(path_.string()));
    throw StoreError("first sync: cannot " + std::string(doing) + " " + path_.string() + ": " +
                     std::generic_category().message(errno));
}

void ScratchRows::Add(std::size_t number, std::span<const std::uint8_t> rows) {
    const std::lock_guard lock(mutex_);
    if (number >= partitions_.size()) partitions_.resize(number + 1);
    Partition& partition = partitions_[number];
    while (!rows.empty()) {
        if (partition.rest.capacity() == 0) partition.rest.reserve(chunk_bytes_);
        const std::size_t room = chunk_bytes_ - partition.rest.size();
        const auto part = rows.first(std::min(room, rows.size()));
        partition.rest.insert(partition.rest.end(), part.begin(), part.end());
        rows = rows.subspan(part.size());
        if (partition.rest.size() == chunk_bytes_) WriteChunk(partition);
    }
}

void ScratchRows::WriteChunk(Partition& partition) {
    std::span<const std::uint8_t> bytes = partition.rest;
    for (auto at = static_cast<off_t>(FileBytes()); !bytes.empty();) {
        const auto written = pwrite(file_, bytes.data(), bytes.size(), at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) Fail("write");
        at += written;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    partition.chunks.push_back(chunks_++);
    partition.rest.clear();
}

std::size_t ScratchRows::RowCount(std::size_t number) const {
    const Partition& partition = partitions_[number];
    return (partition.chunks.size() * chunk_bytes_ + partition.rest.size()) / row_size_;
}

std::vector<std::uint8_t> ScratchRows::Read(std::size_t number) const {
    const Partition& partition = partitions_[number];
    std::vector<std::uint8_t> rows(RowCount(number) * row_size_);
    std::uint8_t* out = rows.data();
    for (const std::uint32_t chunk : partition.chunks) {
        auto at = static_cast<off_t>(std::uint64_t{chunk} * chunk_bytes_);
        for (std::size_t left = chunk_bytes_; left > 0;) {
            const auto read = pread(file_, out, left, at);
            if (read < 0 && errno == EINTR) continue;
            if (read == 0) errno = EIO;  // cut off by somebody
            if (read <= 0) Fail("read");
            at += read;
            out += read;
            left -= static_cast<std::size_t>(read);
        }
    }
    std::copy(partition.rest.begin(), partition.rest.end(), out);
    return rows;
}

std::string ScratchRows::Save() const {
    if (fdatasync(file_) != 0) Fail("write");
    std::string saved;
    tables::AppendVarInt(saved, chunks_);
    tables::AppendVarInt(saved, partitions_.size());
    for (const Partition& partition : partitions_) {
        tables::AppendVarInt(saved, partition.chunks.size());
        std::uint32_t last = 0;
        for (const std::uint32_t chunk : partition.chunks)
            tables::AppendVarInt(saved, chunk - std::exchange(last, chunk));
        tables::AppendVarInt(saved, partition.rest.size());
        saved.append(reinterpret_cast<const char*>(partition.rest.data()), partition.rest.size());
    }
    return saved;
}

std::string_view ScratchRows::Restore(std::string_view saved) {
    tables::RowReader in(saved);
    chunks_ = static_cast<std::uint32_t>(in.VarInt());
    partitions_.clear();
    partitions_.resize(in.VarInt());
    for (Partition& partition : partitions_) {
        partition.chunks.resize(in.VarInt());
        std::uint32_t last = 0;
        for (std::uint32_t& chunk : partition.chunks)
            chunk = last += static_cast<std::uint32_t>(in.VarInt());
        const std::string_view rest = in.Raw(in.VarInt());
        if (rest.empty()) continue;
        partition.rest.reserve(chunk_bytes_);
        partition.rest.assign(rest.begin(), rest.end());
    }
    struct stat status {};
    if (fstat(file_, &status) != 0) Fail("look at");
    if (static_cast<std::uint64_t>(status.st_size) < FileBytes())
        throw StoreError("first sync: " + path_.string() +
                         " has lost its end; delete the folder it is in and sync again");
    if (ftruncate(file_, static_cast<off_t>(FileBytes())) != 0) Fail("cut");
    return in.Rest();
}

}  // namespace amber::index::bulk
