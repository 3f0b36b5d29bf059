#include "index/store/row_file.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace amber::index::store {

RowFile::RowFile(std::filesystem::path path, std::size_t row_size, std::uint64_t count,
                 bool read_only)
    : path_(std::move(path)), row_size_(row_size), count_(count) {
    if (read_only && count == 0) return;
    file_ = open(path_.c_str(), (read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0644);
    if (file_ < 0) Fail("open");
    if (count == 0) SyncFolder();
    struct stat status {};
    const bool known = fstat(file_, &status) == 0;
    if (known && static_cast<std::uint64_t>(status.st_size) >= Bytes()) {
        if (!read_only) CutOff(status);
        return;
    }
    close(file_);
    throw StoreError("database: " + path_.string() + " is shorter than the database says (" +
                     std::to_string(status.st_size) + " bytes for " + std::to_string(count) +
                     " rows of " + std::to_string(row_size) +
                     "); delete the database and sync again");
}

RowFile::~RowFile() {
    if (file_ >= 0) close(file_);
}

void RowFile::CutOff(const struct stat& status) {
    const std::uint64_t excess = static_cast<std::uint64_t>(status.st_size) - Bytes();
    // A file with a second name is a bulk build's, which was about to hand it over, and will again.
    if (excess == 0 || status.st_nlink > 1) return;
    // If it cannot be, rows to come are written over it.
    if (ftruncate(file_, static_cast<off_t>(Bytes())) != 0) return;
    spdlog::info("{}: {} bytes cut off behind row {}: they were written, but not committed",
                 path_.string(), excess, Count());
}

void RowFile::SyncFolder() const {
    const int folder = open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) != 0) Fail("create");
    close(folder);
}

void RowFile::Fail(const char* doing) const {
    if (errno == ENOSPC) throw StoreError(DiskFull(path_.string()));
    throw StoreError("database: cannot " + std::string(doing) + " " + path_.string() + ": " +
                     std::generic_category().message(errno));
}

void RowFile::FailToAppend() const {
    const int why = errno;
    // If this fails too, the file is cut off when it is opened again.
    if (ftruncate(file_, static_cast<off_t>(Bytes())) == 0) fdatasync(file_);
    errno = why;
    Fail("write");
}

std::int64_t RowFile::ReadSome(std::uint64_t at, std::span<char> bytes, bool wait) const {
    const auto offset = static_cast<off_t>(at);
    if (wait) return pread(file_, bytes.data(), bytes.size(), offset);
    const iovec part{bytes.data(), bytes.size()};
    const auto read = preadv2(file_, &part, 1, offset, RWF_NOWAIT);
    // Not every file system can tell: then reads wait, as they would if memory were mapped.
    if (read < 0 && errno == EOPNOTSUPP) return ReadSome(at, bytes, true);
    return read;
}

void RowFile::Read(std::uint64_t first, std::span<char> rows, Reach reach) const {
    std::uint64_t at = first * row_size_;
    while (!rows.empty()) {
        const auto read = ReadSome(at, rows, reach == Reach::disk);
        if (read < 0 && errno == EINTR) continue;
        const bool all = read == static_cast<std::int64_t>(rows.size());
        if (reach == Reach::memory && !all && (read >= 0 || errno == EAGAIN)) throw NotInMemory();
        if (read < 0) Fail("read");
        if (read == 0)
            throw StoreError("database: " + path_.string() +
                             " has lost its end; delete the database and sync again");
        at += static_cast<std::uint64_t>(read);
        rows = rows.subspan(static_cast<std::size_t>(read));
    }
}

void RowFile::Append(std::span<const char> rows) {
    const std::uint64_t count = Count();
    const std::uint64_t added = rows.size() / row_size_;
    if (added == 0) return;
    for (std::uint64_t at = Bytes(); !rows.empty();) {
        const auto written = pwrite(file_, rows.data(), rows.size(), static_cast<off_t>(at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) FailToAppend();
        at += static_cast<std::uint64_t>(written);
        rows = rows.subspan(static_cast<std::size_t>(written));
    }
    if (fdatasync(file_) != 0) FailToAppend();
    count_.store(count + added, std::memory_order_release);
}

}  // namespace amber::index::store
