#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "config/options.h"

namespace amber::config {

/// Calls LoadOptions() as `main` does, with a home of its own and a file where the test wants one.
class Load : public testing::Test {
protected:
    ~Load() override { std::filesystem::remove(file_); }

    std::variant<Options, Message> Run(std::vector<std::string> arguments,
                                       std::vector<std::string> environment = {}) {
        arguments.insert(arguments.begin(), "amberd");
        environment.emplace_back("HOME=/home/op");
        const auto argv = Pointers(arguments);
        const auto env = Pointers(environment);
        return LoadOptions(static_cast<int>(arguments.size()), argv.data(), env.data());
    }

    Options Good(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
        auto loaded = Run(std::move(arguments), std::move(environment));
        if (const auto* message = std::get_if<Message>(&loaded)) {
            ADD_FAILURE() << message->text;
            return {};
        }
        return std::get<Options>(loaded);
    }

    /// The complaint, which must be one line with exit code 2.
    std::string Bad(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
        auto loaded = Run(std::move(arguments), std::move(environment));
        const auto* message = std::get_if<Message>(&loaded);
        if (message == nullptr) {
            ADD_FAILURE() << "accepted";
            return {};
        }
        EXPECT_EQ(message->exit_code, 2);
        EXPECT_EQ(message->text.find('\n'), message->text.size() - 1) << message->text;
        EXPECT_TRUE(message->text.starts_with("amberd: ")) << message->text;
        return message->text;
    }

    /// Path of a file with this text.
    std::string File(const std::string& text) {
        std::ofstream(file_) << text;
        return file_.string();
    }

private:
    static std::vector<const char*> Pointers(const std::vector<std::string>& texts) {
        std::vector<const char*> pointers;
        for (const std::string& text : texts) pointers.push_back(text.c_str());
        pointers.push_back(nullptr);
        return pointers;
    }

    std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                  ("amber-config-" + std::to_string(getpid()) + ".toml");
};

}  // namespace amber::config
