#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/structure/include_rules.h"

namespace amber::structure {
namespace {

namespace fs = std::filesystem;

/// Source files of the program, as paths from the repo root.
std::vector<std::string> Sources() {
    std::vector<std::string> sources;
    for (const char* top : {"config", "daemon_client", "index", "server"}) {
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(AMBER_ROOT) / top)) {
            const fs::path extension = entry.path().extension();
            if (extension != ".h" && extension != ".cpp") continue;
            sources.push_back(entry.path().lexically_relative(AMBER_ROOT).generic_string());
        }
    }
    return sources;
}

std::vector<std::string> IncludesOf(const std::string& path) {
    std::ifstream file(fs::path(AMBER_ROOT) / path);
    std::ostringstream text;
    text << file.rdbuf();
    return Includes(text.str());
}

TEST(Structure, IncludesFollowTheArrows) {
    const auto sources = Sources();
    ASSERT_GT(sources.size(), 50U) << "is AMBER_ROOT the repo?";
    std::size_t includes = 0;
    for (const std::string& path : sources) {
        for (const std::string& header : IncludesOf(path)) {
            ++includes;
            EXPECT_EQ(WhyNot(path, header), "") << path << " includes " << header;
        }
    }
    EXPECT_GT(includes, sources.size());
}

/// Files right below a top-level folder use its subfolders and may be used by them, so only the
/// subfolders are compared.
TEST(Structure, NoTwoFoldersIncludeEachOther) {
    std::map<std::string, std::set<std::string>> arrows;
    for (const std::string& path : Sources()) {
        const std::string from = SubFolder(path);
        for (const std::string& header : IncludesOf(path)) {
            const std::string to = SubFolder(header.substr(1, header.size() - 2));
            if (header.front() == '"' && !from.empty() && !to.empty() && from != to) {
                arrows[from].insert(to);
            }
        }
    }
    std::string circle;
    for (const std::string& folder : FindCircle(arrows)) circle += folder + " -> ";
    EXPECT_EQ(circle, "");
}

TEST(Structure, EveryFolderSaysWhatBelongsThere) {
    std::set<fs::path> folders = {"tests"};
    for (const std::string& path : Sources()) folders.insert(fs::path(path).parent_path());
    for (const fs::path& folder : folders) {
        EXPECT_TRUE(fs::exists(fs::path(AMBER_ROOT) / folder / "README.md")) << folder;
    }
}

}  // namespace
}  // namespace amber::structure
