#include "index/bulk/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

#include "index/chain/sha256.h"
#include "index/fatal_error.h"
#include "index/store/reach.h"

namespace amber::index::bulk {
namespace {

[[noreturn]] void Fail(const std::filesystem::path& path) {
    if (errno == ENOSPC) throw store::StoreError(store::DiskFull(path.string()));
    throw store::StoreError("cannot write " + path.string() + ": " +
                            std::generic_category().message(errno));
}

constexpr std::size_t kChecksumSize = 32;

std::string ChecksumOf(std::string_view text) {
    std::string sum(kChecksumSize, 0);
    Sha256Once({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
               reinterpret_cast<std::uint8_t*>(sum.data()));
    return sum;
}

/// Closes at the end.
struct Descriptor {
    const int number;
    ~Descriptor() {
        if (number >= 0) close(number);
    }
};

void WriteAll(const Descriptor& file, std::string_view text, const std::filesystem::path& path) {
    while (!text.empty()) {
        const auto written = write(file.number, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) Fail(path);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

void ReplaceDurably(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::path fresh = path;
    fresh += ".new";
    {
        const Descriptor file{open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
        if (file.number < 0) Fail(fresh);
        WriteAll(file, text, fresh);
        WriteAll(file, ChecksumOf(text), fresh);
        if (fsync(file.number) != 0) Fail(fresh);
    }
    if (std::rename(fresh.c_str(), path.c_str()) != 0) Fail(path);
    const Descriptor folder{open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number < 0 || fsync(folder.number) != 0) Fail(path);
}

std::optional<std::string> ReadDurable(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text(std::istreambuf_iterator<char>(file), {});
    const std::size_t size = text.size() < kChecksumSize ? 0 : text.size() - kChecksumSize;
    const std::string sum = text.substr(size);
    text.resize(size);
    if (ChecksumOf(text) != sum)
        throw FatalError("the unfinished first sync is damaged (" + path.string() +
                         "); delete the folder that file is in to begin again");
    return text;
}

}  // namespace amber::index::bulk
