#include "index/bulk/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "index/store/reach.h"

namespace amber::index::bulk {
namespace {

[[noreturn]] void Fail(const std::filesystem::path& path) {
    if (errno == ENOSPC) throw store::StoreError(store::DiskFull(path.string()));
    throw store::StoreError("cannot write " + path.string() + ": " +
                            std::generic_category().message(errno));
}

/// Closes at the end.
struct Descriptor {
    const int number;
    ~Descriptor() {
        if (number >= 0) close(number);
    }
};

}  // namespace

void ReplaceDurably(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::path fresh = path;
    fresh += ".new";
    {
        const Descriptor file{open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
        if (file.number < 0) Fail(fresh);
        while (!text.empty()) {
            const auto written = write(file.number, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) Fail(fresh);
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        if (fsync(file.number) != 0) Fail(fresh);
    }
    if (std::rename(fresh.c_str(), path.c_str()) != 0) Fail(path);
    const Descriptor folder{open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number < 0 || fsync(folder.number) != 0) Fail(path);
}

}  // namespace amber::index::bulk
