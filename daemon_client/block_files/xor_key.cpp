#include "daemon_client/block_files/xor_key.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace amber::daemon_client {

FileResult<XorKey> XorKey::Load(const std::filesystem::path& directory) {
    const std::filesystem::path path = directory / "xor.dat";
    std::error_code failed;
    if (!std::filesystem::exists(path, failed) && !failed) return XorKey();
    if (failed) return FileError{path, {}, failed.message()};
    std::ifstream file(path, std::ios::binary);
    if (!file) return FileError{path, {}, std::strerror(errno)};
    std::array<std::uint8_t, 8> bytes;
    file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
    if (file.gcount() != 8 || file.peek() != std::ifstream::traits_type::eof())
        return FileError{path, {}, "not 8 bytes long"};
    return XorKey(bytes);
}

void XorKey::Apply(std::span<std::uint8_t> bytes, std::uint64_t offset) const {
    std::array<std::uint8_t, 8> turned = bytes_;
    std::rotate(turned.begin(), turned.begin() + static_cast<std::ptrdiff_t>(offset % 8),
                turned.end());
    std::uint64_t key;
    std::memcpy(&key, turned.data(), sizeof key);
    if (key == 0) return;
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {  // compilers make wider words of it
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + i, sizeof word);
        word ^= key;
        std::memcpy(bytes.data() + i, &word, sizeof word);
    }
    for (; i < bytes.size(); ++i) bytes[i] ^= turned[i % 8];
}

}  // namespace amber::daemon_client
