#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "daemon_client/block_files/file_error.h"
#include "daemon_client/block_files/xor_key.h"

namespace amber::daemon_client {

/// An open file of the node, read at any place. Thread-safe: keeps no position.
class MaskedFile {
public:
    static FileResult<MaskedFile> Open(std::filesystem::path path, const XorKey& key);
    MaskedFile(MaskedFile&& other) noexcept
        : path_(std::move(other.path_)), key_(other.key_), fd_(std::exchange(other.fd_, -1)) {}
    MaskedFile& operator=(MaskedFile&&) = delete;
    ~MaskedFile();

    /// Fills `out` from `offset` on, unmasked; returns how many bytes there were: fewer than asked
    /// only at the end of the file.
    [[nodiscard]] FileResult<std::size_t> Read(std::uint64_t offset,
                                               std::span<std::uint8_t> out) const;
    /// The same as it stands in the file.
    [[nodiscard]] FileResult<std::size_t> ReadMasked(std::uint64_t offset,
                                                     std::span<std::uint8_t> out) const;

    struct Stamp {
        std::uint64_t size = 0;
        std::int64_t modified_ns = 0;  ///< since the epoch
        std::uint64_t inode = 0;
        auto operator<=>(const Stamp&) const = default;
    };
    [[nodiscard]] FileResult<Stamp> GetStamp() const;

    /// Small reads far apart are to come: the system should not read ahead.
    void ExpectRandomReads() const;

    [[nodiscard]] const std::filesystem::path& Path() const { return path_; }
    [[nodiscard]] FileError Error(std::uint64_t offset, std::string what) const {
        return {path_, offset, std::move(what)};
    }

private:
    MaskedFile(std::filesystem::path path, const XorKey& key, int fd)
        : path_(std::move(path)), key_(key), fd_(fd) {}

    std::filesystem::path path_;
    XorKey key_;
    int fd_;
};

/// Of a file that need not be open.
FileResult<MaskedFile::Stamp> StampOf(const std::filesystem::path& path);

}  // namespace amber::daemon_client
