#include "config/help.h"

#include <sstream>

#include "config/version.h"
#include "index/chain/coin.h"
#include "tests/config/load_fixture.h"

namespace amber::config {
namespace {

std::string ReadWhole(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST_F(Load, HelpNamesEveryOptionAndFitsATerminal) {
    auto loaded = Run({"--help", "--network", "regtest"});
    const auto& message = std::get<Message>(loaded);
    EXPECT_EQ(message.exit_code, 0);
    for (const OptionSpec& spec : OptionList()) {
        EXPECT_NE(message.text.find("  --" + std::string(spec.name)), std::string::npos)
            << spec.name;
    }
    EXPECT_NE(message.text.find("bitcoin-regtest"), std::string::npos);
    std::istringstream lines(message.text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST_F(Load, HelpWinsOverWrongValuesAndVersionOverHelp) {
    auto helped = Run({"-h", "--network", "nonsense"});
    EXPECT_EQ(std::get<Message>(helped).exit_code, 0);
    for (const char* command : {"import", "check"})
        for (const char* flag : {"--help", "-h", "--version"})
            for (const auto& words : {std::vector<std::string>{command, flag}, {flag, command}})
                EXPECT_EQ(std::get<Message>(Run(words)).exit_code, 0) << command << ' ' << flag;
    auto loaded = Run({"--version", "--help"});
    const auto& message = std::get<Message>(loaded);
    EXPECT_EQ(message.exit_code, 0);
    EXPECT_TRUE(message.text.starts_with("amberd " + std::string(Version()) + "\n"));
    for (const char* library : {"Boost 1.", "RocksDB 7.", "OpenSSL 3."}) {
        EXPECT_NE(message.text.find(library), std::string::npos) << library;
    }
}

class Samples : public Load, public testing::WithParamInterface<const index::Coin*> {};

TEST_P(Samples, AreWhatTheDeclarationsSay) {
    const std::string network(GetParam()->network);
    const auto path = std::filesystem::path(AMBER_SAMPLES) / (network + ".toml");
    EXPECT_EQ(ReadWhole(path), SampleText(*GetParam()))
        << "after a change of option_list.cpp: cmake --build BUILD --target samples";
}

/// With every # in front of a setting taken away, the sample must say just what the defaults are.
TEST_P(Samples, SayTheDefaultsInTheFilesOwnGrammar) {
    const std::string network(GetParam()->network);
    std::istringstream lines(SampleText(*GetParam()));
    std::string uncommented;
    for (std::string line; std::getline(lines, line);) {
        const bool setting = line.starts_with("#") && !line.starts_with("# ");
        const bool unset = line.find("PORT\"") != std::string::npos ||
                           line.find("\"FILE\"") != std::string::npos ||
                           line.find("\"CIDR\"") != std::string::npos ||
                           line.find("\"ADDRESS\"") != std::string::npos;
        if (!unset) uncommented += (setting ? line.substr(1) : line) + "\n";
    }
    const Options sample = Good({"--config", File(uncommented)});
    const Options plain = Good({"--network", network});
    EXPECT_EQ(sample.coin, GetParam());
    EXPECT_EQ(sample.datadir, plain.datadir);
    EXPECT_EQ(sample.daemon, plain.daemon);
    EXPECT_EQ(sample.daemon_cookie, plain.daemon_cookie);
    EXPECT_EQ(sample.tcp, plain.tcp);
    EXPECT_EQ(sample.admin, plain.admin);
    EXPECT_EQ(sample.reorg_limit, plain.reorg_limit);
    EXPECT_EQ(sample.cache_mb, plain.cache_mb);
    EXPECT_EQ(sample.io_threads, plain.io_threads);
    EXPECT_EQ(sample.history_limit, plain.history_limit);
    EXPECT_FALSE(sample.zmq);
}

std::vector<const index::Coin*> AllCoins() {
    std::vector<const index::Coin*> all;
    for (const index::Coin& coin : index::Coins()) all.push_back(&coin);
    return all;
}

INSTANTIATE_TEST_SUITE_P(EveryNetwork, Samples, testing::ValuesIn(AllCoins()),
                         [](const auto& each) { return std::string(each.param->network); });

}  // namespace
}  // namespace amber::config
