// The table of methods in the README is the registry.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/methods/registry.h"

namespace amber::server {
namespace {

std::string Row(const Method& method) {
    std::string text = "| `" + std::string(method.name) + "`";
    const char* separator = " ";
    for (const Parameter& parameter : method.parameters) {
        const std::string name(parameter.name);
        text += separator + (parameter.required ? name : '[' + name + ']');
        separator = ", ";
    }
    text += " | " + method.since.Text();
    if (method.until != kNever) text += ", gone from " + method.until.Text();
    return text + " | " + (method.note.empty() ? "" : std::string(method.note) + ' ') + "|\n";
}

TEST(Readme, HasEveryMethodOfTheRegistry) {
    std::ifstream file(std::filesystem::path(AMBER_ROOT) / "README.md");
    std::ostringstream readme;
    readme << file.rdbuf();
    std::string wanted = "\n| method | since | |\n|---|---|---|\n";
    for (const Method& method : Methods()) wanted += Row(method);
    EXPECT_TRUE(readme.str().find(wanted + '\n') != std::string::npos)
        << "after a change of registry.cpp, the README needs this in its chapter Protocol:\n"
        << wanted;
}

}  // namespace
}  // namespace amber::server
