#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "server/wire/subnet.h"

namespace amber::server {

using BanTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

struct Ban {
    Subnet subnet;
    std::optional<BanTime> until;  ///< nothing: for good
};

/// Addresses and networks whose connections are refused. Kept in a file, one ban a line:
///     203.0.113.0/24 1795000000
/// the second word is the end in seconds since 1970, or "-" if there is none. Lines that are none
/// are passed over, with a warning.
/// Bound: kMost bans. Thread-safe.
class BanList {
public:
    static constexpr std::size_t kMost = 10'000;

    /// Reads the file if there is one; throws std::runtime_error if it cannot. An empty path:
    /// nothing is kept.
    explicit BanList(std::filesystem::path file);

    /// Replaces an earlier ban of the same subnet. Throws std::runtime_error if there are too many,
    /// or if the file cannot be written: then nothing has changed.
    void Add(const Ban& ban);
    /// False if there is no ban of just that subnet. Throws as Add().
    bool Remove(const Subnet& subnet);
    /// Those that are not over.
    [[nodiscard]] std::vector<Ban> All() const;
    [[nodiscard]] bool Contains(const boost::asio::ip::address& address) const;

private:
    using Bans = std::map<Subnet, std::optional<BanTime>>;

    void Read();
    void Replace(Bans bans);
    void Write(const Bans& bans) const;

    const std::filesystem::path file_;
    mutable std::mutex mutex_;  ///< guards all below
    Bans bans_;
    std::set<unsigned> lengths_;  ///< the bits that subnets of bans_ have
};

}  // namespace amber::server
