#pragma once
#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace amber::server {

/// How a file looks from outside: differs after it was written or replaced. "-" if there is none.
inline std::string FileLook(const std::filesystem::path& file) {
    struct stat found {};
    if (stat(file.c_str(), &found) != 0) return "-";
    return std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size) + ' ' +
           std::to_string(found.st_mtim.tv_sec) + '.' + std::to_string(found.st_mtim.tv_nsec);
}

}  // namespace amber::server
