#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace amber::index {

/// The bytes of a file; none if there is none.
std::string ReadAll(const std::filesystem::path& path);

/// What would be left of a folder if the power went off: of each file the bytes that it had when it
/// was synced last, of each directory the names it had when it was. At moments drawn by lot this is
/// written out as a folder of its own, a cut; by lot, too, with or without the names made since,
/// with all, some or none of the bytes appended since, and with or without those cut off since, as
/// a disk may have come to that or not.
///
/// Takes the place of fsync() and fdatasync() in the program that it is linked into, for code of
/// the C library's callers as well as ours. No other call makes anything last: that is the model.
/// Files are told apart by inode number, which must not be used twice: the folder must be on tmpfs.
/// One at a time. Thread-safe.
class FragileDisk {
public:
    /// Cuts go into `cuts`, one in `every` syncs.
    FragileDisk(std::filesystem::path folder, std::filesystem::path cuts, std::uint64_t seed,
                unsigned every);
    ~FragileDisk();
    FragileDisk(const FragileDisk&) = delete;

    [[nodiscard]] std::vector<std::filesystem::path> Cuts() const;

    // What the system calls say, of any file.
    void BeforeSync(int fd);
    void AfterSync(int fd);

private:
    using Inode = std::uint64_t;
    using Names = std::map<std::string, Inode>;

    /// Relative to the folder; nothing if it is not in there.
    [[nodiscard]] std::optional<std::filesystem::path> PathOf(int fd) const;
    void Cut();
    void WriteOut(const std::filesystem::path& from, const std::filesystem::path& to,
                  bool all_names, const std::map<Inode, std::filesystem::path>& now);
    [[nodiscard]] std::string Surviving(Inode inode,
                                        const std::map<Inode, std::filesystem::path>& now);

    const std::filesystem::path folder_, cuts_folder_;
    const unsigned every_;

    mutable std::mutex mutex_;  // guards what follows
    std::mt19937_64 random_;
    std::map<std::filesystem::path, Names> names_;  ///< by directory, relative to the folder
    std::map<Inode, std::string> contents_;
    std::vector<std::filesystem::path> cuts_;
};

}  // namespace amber::index
