// The table of options in the README is the one that follows from the declarations.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/option_list.h"
#include "config/suggest.h"
#include "index/chain/coin.h"

namespace amber::config {
namespace {

std::string Row(const OptionSpec& spec, const index::Coin& coin) {
    std::string name = "--" + std::string(spec.name);
    if (!IsSwitch(spec)) name += " " + std::string(spec.value);
    std::string usual;
    for (const std::string& value : spec.defaults(coin))
        usual += (usual.empty() ? "" : " ") + value;
    std::string text = "| `" + name + "` | ";
    text += usual.empty() || IsSwitch(spec) ? "" : "`" + usual + "` ";
    text += "| " + std::string(spec.help);
    if (!spec.choices.empty()) text += " One of: " + OneOf(spec.choices) + ".";
    if (IsRepeatable(spec)) text += " Can be repeated.";
    return text + " |\n";
}

std::string Table(const index::Coin& coin) {
    std::string text;
    std::string_view title;
    for (const OptionSpec& spec : OptionList()) {
        if (title != Title(spec.group)) {
            title = Title(spec.group);
            text += "\n**" + std::string(title) + "**\n\n| option | default | |\n|---|---|---|\n";
        }
        text += Row(spec, coin);
    }
    return text;
}

TEST(Readme, HasEveryOptionAsDeclared) {
    std::ifstream file(std::filesystem::path(AMBER_ROOT) / "README.md");
    std::ostringstream readme;
    readme << file.rdbuf();
    const std::string wanted = Table(index::Coins().front());
    EXPECT_TRUE(readme.str().find(wanted) != std::string::npos)
        << "after a change of option_list.cpp, the README needs this in its chapter Options:\n"
        << wanted;
}

}  // namespace
}  // namespace amber::config
