#include "server/console/progress.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "server/console/log.h"

namespace amber::server {
namespace {

using namespace std::chrono_literals;

ProgressReading Halfway() {
    ProgressReading reading;
    reading.height = 450'000;
    reading.target_height = 900'000;
    reading.fraction = 0.5;
    reading.blocks_per_s = 123.4;
    reading.txs_per_s = 200'000;
    reading.bytes_per_s = 9.87e6;
    reading.left = 3723s;
    return reading;
}

TEST(Progress, DurationsReadWell) {
    EXPECT_EQ(FormatDuration(0s), "0 s");
    EXPECT_EQ(FormatDuration(-5s), "0 s");
    EXPECT_EQ(FormatDuration(59s), "59 s");
    EXPECT_EQ(FormatDuration(61s), "1 min 01 s");
    EXPECT_EQ(FormatDuration(3600s), "1 h 00 min");
    EXPECT_EQ(FormatDuration(90000s), "1 d 1 h");
}

TEST(Progress, ALineHoldsAllNumbers) {
    EXPECT_EQ(FormatProgress(Halfway()),
              "50.0 %, height 450000 of 900000, 123 blocks/s, 200000 tx/s, 9.9 MB/s, "
              "1 h 02 min left");
    ProgressReading sized = Halfway();
    sized.bytes = 1'234'000'000;
    sized.bytes_target = 5'000'000'000;
    EXPECT_NE(FormatProgress(sized).find(" of 900000, 1.23 of 5.00 GB, 123 blocks/s"),
              std::string::npos);
    ProgressReading unknown = Halfway();
    unknown.left.reset();
    EXPECT_TRUE(FormatProgress(unknown).ends_with("time left unknown"));
}

TEST(Progress, BeforeTheNodeAnswersNothingIsPretended) {
    ProgressReading unknown;
    unknown.height = 200;
    EXPECT_EQ(FormatProgress(unknown), "at height 200, waiting for the node to say how far it is");
    EXPECT_EQ(FormatProgressBar(unknown, 14), "at height 200");
}

TEST(Progress, TheBarFitsTheTerminal) {
    EXPECT_EQ(FormatProgressBar(Halfway(), 200),
              "[############............]  50.0 %  450000/900000  1 h 02 min left  "
              "123 blocks/s, 200000 tx/s, 9.9 MB/s");
    for (const std::size_t columns : {0U, 1U, 40U, 80U}) {
        EXPECT_LE(FormatProgressBar(Halfway(), columns).size(), columns == 0 ? 0 : columns - 1);
    }
    ProgressReading over = Halfway();
    over.fraction = 7;
    EXPECT_TRUE(FormatProgressBar(over, 200).starts_with("[########################]"));
}

TEST(Progress, ALogGetsALineNowAndThen) {
    testing::internal::CaptureStderr();
    SetUpLog();
    ASSERT_TRUE(SetLogLevel("info"));
    {
        ProgressDisplay display(false);
        const std::chrono::steady_clock::time_point start{};
        for (int second = 0; second < 31; ++second) {
            display.Show(Halfway(), start + std::chrono::seconds(second));
        }
    }
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
    EXPECT_NE(text.find("info    sync: 50.0 %"), std::string::npos) << text;
}

}  // namespace
}  // namespace amber::server
