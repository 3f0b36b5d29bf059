#include "server/peers/socks5.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace amber::server {
namespace {

using State = Socks5::State;

std::string Bytes(std::initializer_list<int> values) {
    std::string bytes;
    for (const int value : values) bytes += static_cast<char>(value);
    return bytes;
}

/// As a proxy answers, in pieces.
State Take(Socks5& socks, const std::string& bytes, std::size_t piece) {
    State state = State::working;
    for (std::size_t at = 0; at < bytes.size() && state == State::working; at += piece) {
        const std::size_t size = std::min({piece, bytes.size() - at, socks.Wanted()});
        state = socks.Take(std::string_view(bytes).substr(at, size));
        at -= piece - size;
    }
    return state;
}

TEST(Socks5, AsksForAHostByName) {
    for (const std::size_t piece : {1U, 2U, 100U}) {
        for (const std::string& address :
             {Bytes({1, 0, 0, 0, 0}), Bytes({3, 3, 'a', '.', 'b'}),
              Bytes({4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})}) {
            Socks5 socks("x.onion", 50001);
            EXPECT_EQ(socks.TakeOutput(), Bytes({5, 1, 0}));
            ASSERT_EQ(Take(socks, Bytes({5, 0}), piece), State::working);
            EXPECT_EQ(socks.TakeOutput(), Bytes({5, 1, 0, 3, 7}) + "x.onion" + Bytes({0xc3, 0x51}));
            EXPECT_EQ(Take(socks, Bytes({5, 0, 0}) + address + Bytes({0, 80}), piece), State::done);
            EXPECT_EQ(socks.TakeOutput(), "");
        }
    }
}

/// What follows the proxy's answer is the host's.
TEST(Socks5, WantsNoByteTooMany) {
    Socks5 socks("x.onion", 1);
    std::size_t wanted = socks.Wanted();
    ASSERT_EQ(wanted, 2U);
    ASSERT_EQ(socks.Take(Bytes({5, 0})), State::working);
    const std::string reply = Bytes({5, 0, 0, 1, 127, 0, 0, 1, 0, 80});
    ASSERT_EQ(socks.Wanted(), 5U);
    ASSERT_EQ(socks.Take(reply.substr(0, 5)), State::working);
    EXPECT_EQ(socks.Wanted(), 5U);
    EXPECT_EQ(socks.Take(reply.substr(5)), State::done);
}

TEST(Socks5, FailuresAreNamed) {
    for (const auto& [greeting, reply, why] :
         std::vector<std::tuple<std::string, std::string, const char*>>{
             {"HT", "", "no SOCKS5 proxy"},
             {Bytes({5, 2}), "", "wants a password"},
             {Bytes({5, 0xff}), "", "wants a password"},
             {Bytes({5, 0}), Bytes({4, 0, 0, 1, 0}), "no SOCKS5 proxy"},
             {Bytes({5, 0}), Bytes({5, 4, 0, 1, 0}), "host unreachable"},
             {Bytes({5, 0}), Bytes({5, 0xf0, 0, 1, 0}), "error 240"},
             {Bytes({5, 0}), Bytes({5, 0, 0, 2, 0}), "malformed"}}) {
        Socks5 socks("x.onion", 1);
        State state = socks.Take(greeting);
        if (!reply.empty()) state = socks.Take(reply);
        EXPECT_EQ(state, State::failed);
        EXPECT_NE(socks.Why().find(why), std::string::npos) << socks.Why();
        EXPECT_EQ(socks.Take("x"), State::failed);
    }
}

}  // namespace
}  // namespace amber::server
