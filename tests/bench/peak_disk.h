#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <thread>

namespace amber::bench {

/// The most that the files in a folder take while it lives, looked at 50 times a second on a thread
/// of its own.
class PeakDisk {
public:
    explicit PeakDisk(std::filesystem::path folder);

    [[nodiscard]] std::uint64_t Bytes() const { return most_; }

private:
    void Look();

    const std::filesystem::path folder_;
    std::atomic<std::uint64_t> most_ = 0;
    std::jthread thread_;
};

}  // namespace amber::bench
