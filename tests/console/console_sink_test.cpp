#include "server/console/console_sink.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <regex>

namespace amber::server {
namespace {

/// A logger over a sink that writes into memory.
class Console {
public:
    explicit Console(ConsoleStyle style)
        : stream_(open_memstream(&buffer_, &size_)),
          sink_(std::make_shared<ConsoleSink>(stream_, style)),
          logger_("test", sink_) {}
    ~Console() {
        std::fclose(stream_);
        std::free(buffer_);
    }
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    spdlog::logger& Log() { return logger_; }
    ConsoleSink& Sink() { return *sink_; }
    std::string Text() {
        std::fflush(stream_);
        return {buffer_, size_};
    }

private:
    char* buffer_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* stream_;
    std::shared_ptr<ConsoleSink> sink_;
    spdlog::logger logger_;
};

TEST(ConsoleSink, PlainLinesHaveTimeAndLevelButNoColour) {
    Console console(ConsoleStyle::plain);
    console.Log().info("ready: height={}", 5);
    console.Log().error("trouble");
    console.Sink().SetStatus("50 %");
    const std::regex lines(
        R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info    ready: height=5\n.*Z error   trouble\n)");
    EXPECT_TRUE(std::regex_match(console.Text(), lines)) << console.Text();
}

TEST(ConsoleSink, TheJournalGetsPriorities) {
    Console console(ConsoleStyle::journal);
    console.Log().info("a");
    console.Log().warn("b");
    console.Log().error("c");
    EXPECT_EQ(console.Text(), "<6>a\n<4>b\n<3>c\n");
}

TEST(ConsoleSink, OneMessageIsOneLineWhateverAClientPutIn) {
    Console console(ConsoleStyle::journal);
    console.Log().info("client {}", "x\n<0>y\x1b[2J\x7f\xc3\xa9");
    EXPECT_EQ(console.Text(), "<6>client x\\x0a<0>y\\x1b[2J\\x7f\xc3\xa9\n");
}

TEST(ConsoleSink, TheStatusLineStaysBelowTheLog) {
    Console console(ConsoleStyle::terminal);
    console.Sink().SetStatus("50 %");
    EXPECT_EQ(console.Text(), "\r\x1b[K50 %");
    console.Log().info("news");
    const std::string text = console.Text();
    EXPECT_NE(text.find("50 %\r\x1b[K20"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("news\n50 %")) << text;
    console.Sink().SetStatus("");
    EXPECT_TRUE(console.Text().ends_with("50 %\r\x1b[K"));
}

}  // namespace
}  // namespace amber::server
