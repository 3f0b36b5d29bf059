#include "server/cli/cli_options.h"

#include <gtest/gtest.h>

#include "config/option_list.h"

namespace amber::server {
namespace {

std::variant<CliOptions, config::Message> Read(std::vector<const char*> words,
                                               std::vector<const char*> environment = {}) {
    words.insert(words.begin(), "amber-cli");
    environment.push_back(nullptr);
    return ReadCliOptions(static_cast<int>(words.size()), words.data(), environment.data());
}

CliOptions Good(std::vector<const char*> words, std::vector<const char*> environment = {}) {
    auto read = Read(std::move(words), std::move(environment));
    if (const auto* message = std::get_if<config::Message>(&read)) {
        ADD_FAILURE() << message->text;
        return {};
    }
    return std::get<CliOptions>(read);
}

std::string Bad(std::vector<const char*> words, std::vector<const char*> environment = {}) {
    auto read = Read(std::move(words), std::move(environment));
    const auto* message = std::get_if<config::Message>(&read);
    if (message == nullptr) {
        ADD_FAILURE() << "accepted";
        return {};
    }
    EXPECT_EQ(message->exit_code, 2);
    return message->text;
}

TEST(CliOptions, FindsAmberdWhereItIsByDefault) {
    const CliOptions options = Good({"getinfo"});
    EXPECT_EQ(options.admin, config::DefaultAdmin("mainnet"));
    EXPECT_EQ(options.method, "getinfo");
    EXPECT_TRUE(options.arguments.empty());
    EXPECT_EQ(Good({"--network", "regtest", "getinfo"}).admin, config::DefaultAdmin("regtest"));
}

TEST(CliOptions, TablesUnlessJsonIsAskedFor) {
    EXPECT_FALSE(Good({"sessions"}).json);
    EXPECT_TRUE(Good({"--json", "sessions"}).json);
    EXPECT_TRUE(Good({"--json", "--network", "regtest", "sessions"}).json);
    const CliOptions behind = Good({"sessions", "--json"});
    EXPECT_TRUE(behind.json);
    EXPECT_TRUE(behind.arguments.empty());
}

TEST(CliOptions, OptionsStandBehindTheMethodToo) {
    const CliOptions options = Good({"query", "-1", "--admin", "[::1]:9", "a", "--json", "-b"});
    EXPECT_EQ(options.admin, (config::Endpoint{"::1", 9}));
    EXPECT_TRUE(options.json);
    EXPECT_EQ(options.method, "query");
    EXPECT_EQ(options.arguments, (std::vector<std::string>{"-1", "a", "-b"}));
    EXPECT_NE(Bad({"stop", "--now"}).find("--now"), std::string::npos);
    EXPECT_NE(Bad({"stop", "--admin"}).find("--admin"), std::string::npos);
    auto help = Read({"stop", "--help"});
    EXPECT_EQ(std::get<config::Message>(help).exit_code, 0);
}

TEST(CliOptions, TheCommandLineBeatsTheEnvironment) {
    EXPECT_EQ(Good({"stop"}, {"AMBER_ADMIN=127.0.0.1:7"}).admin.port, 7);
    EXPECT_EQ(Good({"--admin", "h:8", "stop"}, {"AMBER_ADMIN=127.0.0.1:7"}).admin.port, 8);
    EXPECT_EQ(Good({"stop"}, {"AMBER_NETWORK=signet"}).admin, config::DefaultAdmin("signet"));
    EXPECT_EQ(Good({"--network", "testnet", "stop"}, {"AMBER_ADMIN=127.0.0.1:7"}).admin,
              config::DefaultAdmin("testnet"));
}

TEST(CliOptions, SlipsAreNamed) {
    EXPECT_NE(Bad({}).find("amber-cli getinfo"), std::string::npos);
    EXPECT_NE(Bad({"--adnim", "x"}).find("--adnim"), std::string::npos);
    EXPECT_NE(Bad({"--admin"}).find("--admin"), std::string::npos);
    EXPECT_NE(Bad({"--admin", "8000", "stop"}).find("HOST:PORT"), std::string::npos);
    EXPECT_NE(Bad({"--network", "regtset", "stop"}).find("\"regtest\""), std::string::npos);
    EXPECT_NE(Bad({"stop"}, {"AMBER_ADMIN=none"}).find("\"none\""), std::string::npos);
}

TEST(CliOptions, HelpListsTheMethods) {
    auto read = Read({"--help"});
    const auto& message = std::get<config::Message>(read);
    EXPECT_EQ(message.exit_code, 0);
    for (const char* method :
         {"getinfo", "sessions", "disconnect", "query", "daemon_url", "log_level", "reorg",
          "digest", "stop", "peers", "add_peer", "broadcast"}) {
        EXPECT_NE(message.text.find(std::string("\n  ") + method + " "), std::string::npos)
            << method;
    }
    auto version = Read({"--version"});
    EXPECT_TRUE(std::get<config::Message>(version).text.starts_with("amber-cli "));
}

}  // namespace
}  // namespace amber::server
