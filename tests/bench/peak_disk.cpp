#include "tests/bench/peak_disk.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <system_error>

namespace amber::bench {

PeakDisk::PeakDisk(std::filesystem::path folder)
    : folder_(std::move(folder)), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
              Look();
              std::this_thread::sleep_for(std::chrono::milliseconds(20));
          }
      }) {}

void PeakDisk::Look() {
    constexpr std::uint64_t kBlock = 512;  // of st_blocks, whatever the file system's are
    std::map<ino_t, std::uint64_t> files;  // those with two names count once
    std::error_code error;                 // some vanish meanwhile
    for (std::filesystem::recursive_directory_iterator i(folder_, error), end; i != end;
         i.increment(error)) {
        struct stat status {};
        if (error) return;
        if (stat(i->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
            files[status.st_ino] = static_cast<std::uint64_t>(status.st_blocks) * kBlock;
    }
    std::uint64_t bytes = 0;
    for (const auto& [inode, size] : files) bytes += size;
    most_ = std::max(most_.load(), bytes);
}

}  // namespace amber::bench
