#include "server/protocol/line_buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace amber::server {
namespace {

using Event = LineBuffer::Event;

/// Feeds `stream` in pieces and returns the lines; "<long>" for one over the maximum.
std::vector<std::string> Cut(LineBuffer& buffer, std::string stream, std::mt19937& random) {
    std::vector<std::string> lines;
    while (!stream.empty()) {
        std::string piece = stream.substr(0, 1 + random() % 20);
        stream.erase(0, piece.size());
        buffer.Feed(piece);
        for (auto item = buffer.Next(); item.event != Event::none; item = buffer.Next()) {
            lines.emplace_back(item.event == Event::line ? item.line : "<long>");
            if (random() % 3 == 0) {  // a pause: the piece may go away
                buffer.Keep();
                piece.assign(piece.size(), '?');
            }
        }
        buffer.Keep();
        piece.assign(piece.size(), '?');
    }
    return lines;
}

TEST(LineBuffer, CutsLikeANaiveModel) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 2000; ++round) {
        constexpr std::size_t kMax = 30;
        std::string stream;
        std::vector<std::string> wanted;
        for (unsigned n = random() % 12; n > 0; --n) {
            std::string line(random() % 45, static_cast<char>('a' + random() % 26));
            const bool carriage = random() % 4 == 0;
            const std::size_t size = line.size() + (carriage ? 1 : 0);
            stream += line + (carriage ? "\r\n" : "\n");
            wanted.push_back(size > kMax ? "<long>" : line);
        }
        LineBuffer buffer(kMax);
        ASSERT_EQ(Cut(buffer, stream + "rest", random), wanted);
        ASSERT_EQ(buffer.HeldBytes(), 4u);
    }
}

TEST(LineBuffer, CopiesNothingOfWholeLines) {
    LineBuffer buffer(100);
    const std::string piece = "one\ntwo\n";
    buffer.Feed(piece);
    EXPECT_EQ(buffer.Next().line.data(), piece.data());
    EXPECT_EQ(buffer.Next().line.data(), piece.data() + 4);
    EXPECT_EQ(buffer.Next().event, Event::none);
    buffer.Keep();
    EXPECT_EQ(buffer.HeldBytes(), 0u);
}

TEST(LineBuffer, GivesUpOnAnEndlessLine) {
    constexpr std::size_t kMax = 1000;
    LineBuffer buffer(kMax);
    const std::string piece(100, 'x');
    std::vector<Event> events;
    std::size_t fed = 0;
    while (events.empty() || events.back() != Event::abandon) {
        ASSERT_LT(fed, 10 * kMax);
        buffer.Feed(piece);
        fed += piece.size();
        const auto item = buffer.Next();
        if (item.event != Event::none) events.push_back(item.event);
        buffer.Keep();
        ASSERT_LE(buffer.HeldBytes(), kMax);
    }
    EXPECT_EQ(events, (std::vector{Event::too_long, Event::abandon}));
    EXPECT_GE(fed, LineBuffer::kAbandonFactor * kMax);
}

TEST(LineBuffer, GoesOnAfterALongLine) {
    LineBuffer buffer(10);
    buffer.Feed("0123456789ab");
    EXPECT_EQ(buffer.Next().event, Event::too_long);
    EXPECT_EQ(buffer.Next().event, Event::none);
    buffer.Keep();
    EXPECT_EQ(buffer.HeldBytes(), 0u);
    buffer.Feed("cdef\nnext\n");
    EXPECT_EQ(buffer.Next().line, "next");
}

}  // namespace
}  // namespace amber::server
