#include "tests/support/chain_data.h"

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <stdexcept>

namespace amber::test {

ByteSource OpenFile(const std::filesystem::path& path) {
    const std::string name = path.string();
    const bool packed = path.extension() == ".xz";
    if (packed && name.find('\'') != name.npos) throw std::runtime_error("quote in " + name);
    if (!std::filesystem::exists(path)) throw std::runtime_error("no file " + name);
    ByteSource file(
        packed ? ::popen(("xz -dc '" + name + "'").c_str(), "r") : std::fopen(name.c_str(), "rb"),
        packed ? ::pclose : std::fclose);
    if (!file) throw std::runtime_error("cannot open " + name);
    return file;
}

index::Bytes ReadFile(const std::filesystem::path& path) {
    const ByteSource file = OpenFile(path);
    index::Bytes bytes;
    std::size_t size = 0;
    do {
        bytes.resize(size + (1 << 20));
        size += std::fread(bytes.data() + size, 1, bytes.size() - size, file.get());
    } while (size == bytes.size());
    if (std::ferror(file.get())) throw std::runtime_error("cannot read " + path.string());
    bytes.resize(size);
    return bytes;
}

std::optional<std::filesystem::path> ChainDataDir() {
    const char* dir = std::getenv("AMBER_CHAIN_DATA");
    if (dir == nullptr || *dir == '\0') return std::nullopt;
    return dir;
}

std::vector<std::filesystem::path> ChainDataFiles(const std::string& folder,
                                                  const std::string& name_regex) {
    std::vector<std::filesystem::path> files;
    const std::regex pattern(name_regex);
    for (const auto& entry : std::filesystem::directory_iterator(*ChainDataDir() / folder)) {
        if (std::regex_match(entry.path().filename().string(), pattern)) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace amber::test
