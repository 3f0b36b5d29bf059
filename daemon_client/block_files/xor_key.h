#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>

#include "daemon_client/block_files/file_error.h"

namespace amber::daemon_client {

/// What a node masks its block files with (Bitcoin Core 28 and newer): byte i of a file is XORed
/// with byte i mod 8 of the key. All zeros: not masked.
class XorKey {
public:
    XorKey() = default;
    explicit XorKey(std::array<std::uint8_t, 8> bytes) : bytes_(bytes) {}

    /// `xor.dat` of the directory; zeros if there is none. An error if it is not 8 bytes long or
    /// cannot be read.
    static FileResult<XorKey> Load(const std::filesystem::path& directory);

    /// Masks or unmasks bytes that begin at `offset` of their file.
    void Apply(std::span<std::uint8_t> bytes, std::uint64_t offset) const;

private:
    std::array<std::uint8_t, 8> bytes_{};
};

}  // namespace amber::daemon_client
