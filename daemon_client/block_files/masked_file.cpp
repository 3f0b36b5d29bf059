#include "daemon_client/block_files/masked_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace amber::daemon_client {
namespace {

MaskedFile::Stamp ToStamp(const struct stat& status) {
    return {static_cast<std::uint64_t>(status.st_size),
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
            status.st_ino};
}

}  // namespace

FileResult<MaskedFile> MaskedFile::Open(std::filesystem::path path, const XorKey& key) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return FileError{std::move(path), {}, std::strerror(errno)};
    return MaskedFile(std::move(path), key, fd);
}

MaskedFile::~MaskedFile() {
    if (fd_ >= 0) ::close(fd_);
}

FileResult<std::size_t> MaskedFile::Read(std::uint64_t offset, std::span<std::uint8_t> out) const {
    const auto size = ReadMasked(offset, out);
    if (size) key_.Apply(out.first(*size), offset);
    return size;
}

FileResult<std::size_t> MaskedFile::ReadMasked(std::uint64_t offset,
                                               std::span<std::uint8_t> out) const {
    std::size_t size = 0;
    while (size < out.size()) {
        const ssize_t got =
            ::pread(fd_, out.data() + size, out.size() - size, static_cast<off_t>(offset + size));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error(offset + size, std::strerror(errno));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    return size;
}

FileResult<MaskedFile::Stamp> MaskedFile::GetStamp() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return Error(0, std::strerror(errno));
    return ToStamp(status);
}

void MaskedFile::ExpectRandomReads() const { ::posix_fadvise(fd_, 0, 0, POSIX_FADV_RANDOM); }

FileResult<MaskedFile::Stamp> StampOf(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return FileError{path, {}, std::strerror(errno)};
    return ToStamp(status);
}

}  // namespace amber::daemon_client
