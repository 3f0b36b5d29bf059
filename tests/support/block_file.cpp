#include "tests/support/block_file.h"

#include <cstring>
#include <stdexcept>

namespace amber::test {

bool BlockFile::Next(index::Bytes& raw) {
    constexpr std::uint32_t kSizeMax = 64u << 20;
    std::uint8_t prefix[8];
    const std::size_t got = std::fread(prefix, 1, sizeof prefix, file_.get());
    if (got == 0 && !std::ferror(file_.get())) return false;
    if (got < sizeof prefix) throw std::runtime_error(path_.string() + ": broken off");
    std::memcpy(magic_.data(), prefix, 4);
    if (magic_ == std::array<std::uint8_t, 4>{}) return false;
    std::uint32_t size;
    std::memcpy(&size, prefix + 4, 4);
    if (size > kSizeMax) {
        throw std::runtime_error(path_.string() + ": block of " + std::to_string(size) + " bytes");
    }
    raw.resize(size);
    if (std::fread(raw.data(), 1, size, file_.get()) != size) {
        throw std::runtime_error(path_.string() + ": broken off within a block");
    }
    return true;
}

}  // namespace amber::test
