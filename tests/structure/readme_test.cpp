// What the README promises of admin commands is what the sources declare.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace amber::structure {
namespace {

std::string Read(const char* path) {
    std::ifstream file(std::filesystem::path(AMBER_ROOT) / path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The first group of every match.
std::set<std::string> All(const std::string& text, const char* pattern) {
    const std::regex regex(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
        found.insert((*match)[1]);
    return found;
}

TEST(Readme, NamesEveryAdminMethod) {
    const auto declared =
        All(Read("server/admin/admin_methods.cpp"), R"re(\{"([a-z_]+)", &AdminMethods)re");
    ASSERT_GT(declared.size(), 5U) << "has the list changed its form?";
    const std::string readme = Read("README.md");
    for (const std::string& method : declared)
        EXPECT_NE(readme.find("| `" + method), std::string::npos) << method;
}

}  // namespace
}  // namespace amber::structure
