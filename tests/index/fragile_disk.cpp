#include "tests/index/fragile_disk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace fs = std::filesystem;

namespace amber::index {

namespace {

std::atomic<FragileDisk*> the_disk = nullptr;

std::uint64_t InodeOf(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// What is found of it: others may remove the directory meanwhile.
std::map<std::string, std::uint64_t> NamesIn(const fs::path& directory) {
    std::map<std::string, std::uint64_t> names;
    std::error_code gone;
    for (fs::directory_iterator i(directory, gone), end; !gone && i != end; i.increment(gone))
        names[i->path().filename().string()] = InodeOf(i->path());
    return names;
}

void AddPathsBelow(const fs::path& directory, std::map<std::uint64_t, fs::path>& paths) {
    for (const auto& [name, inode] : NamesIn(directory)) {
        const fs::path path = directory / name;
        paths[inode] = path;
        std::error_code gone;
        if (fs::is_directory(path, gone)) AddPathsBelow(path, paths);
    }
}

}  // namespace

std::string ReadAll(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

FragileDisk::FragileDisk(fs::path folder, fs::path cuts, std::uint64_t seed, unsigned every)
    : folder_(std::move(folder)), cuts_folder_(std::move(cuts)), every_(every), random_(seed) {
    FragileDisk* none = nullptr;
    if (!the_disk.compare_exchange_strong(none, this))
        throw std::logic_error("there is a fragile disk already");
}

FragileDisk::~FragileDisk() { the_disk = nullptr; }

std::vector<fs::path> FragileDisk::Cuts() const {
    const std::lock_guard lock(mutex_);
    return cuts_;
}

std::optional<fs::path> FragileDisk::PathOf(int fd) const {
    std::error_code error;
    const fs::path path = fs::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
    if (error) return std::nullopt;
    if (path == folder_) return fs::path();
    const fs::path relative = path.lexically_relative(folder_);
    if (relative.empty() || *relative.begin() == "..") return std::nullopt;
    return relative;
}

void FragileDisk::BeforeSync(int fd) {
    if (!PathOf(fd)) return;
    const std::lock_guard lock(mutex_);
    if (random_() % every_ == 0) Cut();
}

void FragileDisk::AfterSync(int fd) {
    const auto path = PathOf(fd);
    struct stat status {};
    if (!path || ::fstat(fd, &status) != 0) return;
    const std::lock_guard lock(mutex_);
    if (S_ISDIR(status.st_mode))
        names_[*path] = NamesIn(folder_ / *path);
    else  // opened anew: it may be open to write only, and have lost its name
        contents_[status.st_ino] = ReadAll("/proc/self/fd/" + std::to_string(fd));
}

void FragileDisk::Cut() {
    std::map<Inode, fs::path> now;
    AddPathsBelow(folder_, now);
    cuts_.push_back(cuts_folder_ / std::to_string(cuts_.size()));
    WriteOut({}, cuts_.back(), random_() % 2 == 0, now);
}

void FragileDisk::WriteOut(const fs::path& from, const fs::path& to, bool all_names,
                           const std::map<Inode, fs::path>& now) {
    fs::create_directories(to);
    const Names names = all_names ? NamesIn(folder_ / from) : names_[from];
    for (const auto& [name, inode] : names) {
        const auto is = now.find(inode);
        std::error_code gone;
        const bool directory =
            names_.contains(from / name) || (is != now.end() && fs::is_directory(is->second, gone));
        if (directory)
            WriteOut(from / name, to / name, all_names, now);
        else
            std::ofstream(to / name, std::ios::binary) << Surviving(inode, now);
    }
}

std::string FragileDisk::Surviving(Inode inode, const std::map<Inode, fs::path>& now) {
    std::string kept = contents_[inode];
    const auto is = now.find(inode);
    if (is == now.end()) return kept;
    const std::string all = ReadAll(is->second);
    // Others work meanwhile: under that name there may be another file by now.
    if (InodeOf(is->second) != inode) return kept;
    if (all.size() <= kept.size())
        return kept.substr(0, random_() % 4 == 0 ? kept.size() : all.size());
    const std::size_t more = all.size() - kept.size();
    const std::size_t luck = random_() % 3;
    kept += all.substr(kept.size(), luck == 0 ? 0 : luck == 1 ? more : random_() % more);
    return kept;
}

}  // namespace amber::index

namespace {

int Sync(const char* name, int fd) {
    using Call = int (*)(int);
    const auto call = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name));
    auto* const disk = amber::index::the_disk.load();
    if (disk != nullptr) disk->BeforeSync(fd);
    const int failed = call(fd);
    if (disk != nullptr && failed == 0) disk->AfterSync(fd);
    return failed;
}

}  // namespace

extern "C" int fsync(int fd) { return Sync("fsync", fd); }
extern "C" int fdatasync(int fd) { return Sync("fdatasync", fd); }
