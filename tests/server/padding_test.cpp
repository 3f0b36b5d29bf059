#include "server/protocol/padding.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace amber::server {
namespace {

TEST(Padding, SizesAreFew) {
    const std::pair<std::size_t, std::size_t> table[] = {
        {1, 1024},        {1024, 1024},       {1025, 1536},         {1536, 1536},
        {1537, 2048},     {2049, 3072},       {3073, 4096},         {100'000, 131'072},
        {70'000, 98'304}, {4 << 20, 4 << 20}, {3'200'000, 4 << 20}, {(4 << 20) + 1, (4 << 20) + 1}};
    for (const auto& [size, padded] : table) EXPECT_EQ(PaddedSize(size), padded) << size;
    std::size_t before = 0;
    for (std::size_t size = 1; size < 20'000; ++size) {
        const std::size_t padded = PaddedSize(size);
        EXPECT_GE(padded, std::max(size, before));
        EXPECT_EQ(PaddedSize(padded), padded);
        EXPECT_LE(padded, std::max<std::size_t>(1024, size * 3 / 2));
        before = padded;
    }
}

TEST(Padding, MeansTheSame) {
    for (const std::string text :
         {R"({"id":1,"result":"x } ]"})", R"([{"id":1},{"id":2}])", "{}"}) {
        std::string lines = R"({"id":0})"
                            "\n" +
                            text + '\n';
        PadLines(lines);
        EXPECT_EQ(lines.size(), 1024u);
        const auto border = lines.find('\n');
        EXPECT_EQ(lines.find('\n', border + 1), lines.size() - 1);
        EXPECT_EQ(boost::json::parse(lines.substr(border + 1)), boost::json::parse(text));
    }
}

}  // namespace
}  // namespace amber::server
