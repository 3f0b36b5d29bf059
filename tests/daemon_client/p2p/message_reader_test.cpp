#include "daemon_client/p2p/message_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "index/chain/hex.h"
#include "tests/daemon_client/regtest.h"
#include "tests/generator/random.h"

namespace amber::daemon_client {
namespace {

using generator::Random;
using index::Bytes;
using index::ByteView;
using Kind = PeerError::Kind;

/// What a peer may say and how it is received.
struct Said {
    Bytes raw;
    Message message;
};

/// A message whose command we have no name for.
Bytes Foreign(std::string_view command, const Bytes& payload) {
    Bytes raw = WriteMessage(Regtest(), Command::getdata, payload);
    std::fill(raw.begin() + 4, raw.begin() + 16, 0);
    std::copy(command.begin(), command.end(), raw.begin() + 4);
    return raw;
}

/// With this length in its head, whatever follows.
Bytes Claiming(Command command, std::uint32_t length) {
    Bytes raw = WriteMessage(Regtest(), command, {});
    for (int i = 0; i < 4; ++i) raw[16 + i] = static_cast<std::uint8_t>(length >> 8 * i);
    return raw;
}

Said RandomMessage(Random& random) {
    constexpr Command kAll[] = {Command::version,  Command::verack,  Command::ping,
                                Command::pong,     Command::inv,     Command::getdata,
                                Command::notfound, Command::headers, Command::getheaders,
                                Command::block,    Command::other};
    const Command command = kAll[random.Below(std::size(kAll))];
    const bool small = command <= Command::pong;
    const std::uint64_t most = small                                             ? 1024
                               : command == Command::block && random.Chance(0.3) ? 3'000'000
                                                                                 : 100'000;
    Bytes payload(random.Chance(0.2) ? 0 : random.LogUniform(most));
    random.Fill(payload);
    const bool passed_over =
        command == Command::other || command == Command::getdata || command == Command::getheaders;
    const Bytes raw = command == Command::other ? Foreign("sendaddrv2", payload)
                                                : WriteMessage(Regtest(), command, payload);
    return {raw, {command, passed_over ? Bytes() : payload}};
}

/// As a socket would: as much as there is room for, but no more than `most` at a time.
void Feed(MessageReader& reader, ByteView& stream, std::size_t most) {
    const auto room = reader.Room();
    ASSERT_FALSE(room.empty());
    const std::size_t count = std::min({room.size(), stream.size(), most});
    std::copy_n(stream.begin(), count, room.begin());
    reader.Received(count);
    stream = stream.subspan(count);
}

PeerError WhyNot(ByteView stream) {
    MessageReader reader(Regtest());
    while (true) {
        auto message = reader.Next();
        if (message.has_error()) {
            EXPECT_TRUE(reader.Next().has_error()) << "for good";
            return message.error();
        }
        if (message->has_value()) continue;
        if (stream.empty()) return {Kind::stopped, "it is well"};
        Feed(reader, stream, 1000);
    }
}

TEST(MessageReader, GivesBackWhatWasWrittenHoweverItIsCut) {
    const auto seed = static_cast<std::uint64_t>(::testing::UnitTest::GetInstance()->random_seed());
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    for (int round = 0; round < 30; ++round) {
        Bytes stream;
        std::vector<Message> expected;
        for (std::uint64_t i = random.Between(1, 20); i > 0; --i) {
            Said said = RandomMessage(random);
            stream.insert(stream.end(), said.raw.begin(), said.raw.end());
            expected.push_back(std::move(said.message));
        }
        MessageReader reader(Regtest());
        std::size_t got = 0;
        for (ByteView rest = stream; !rest.empty();) {
            Feed(reader, rest,
                 random.Chance(0.1) ? random.Between(1, 30) : random.LogUniform(1 << 20));
            while (true) {
                auto message = reader.Next();
                ASSERT_TRUE(message.has_value()) << message.error().message;
                if (!*message) break;
                ASSERT_LT(got, expected.size());
                EXPECT_EQ((*message)->command, expected[got].command);
                EXPECT_TRUE((*message)->payload == expected[got].payload) << got;
                ++got;
            }
        }
        EXPECT_EQ(got, expected.size());
        EXPECT_FALSE(reader.InMessage());
    }
}

TEST(MessageReader, ALengthThatLiesCostsNoMemory) {
    MessageReader reader(Regtest());
    const Bytes head = Claiming(Command::block, 4'000'000);
    ByteView stream = head;
    Feed(reader, stream, head.size());
    EXPECT_FALSE(reader.Next()->has_value());
    EXPECT_TRUE(reader.InMessage());
    EXPECT_LE(reader.Room().size(), std::size_t{256} << 10);
}

TEST(MessageReader, RefusesWhatIsLongerThanItsCommandMayBe) {
    const std::pair<Command, std::uint32_t> most[] = {
        {Command::version, 1024},        {Command::verack, 1024},
        {Command::ping, 1024},           {Command::pong, 1024},
        {Command::inv, 1'800'009},       {Command::notfound, 1'800'009},
        {Command::headers, 4'000'000},   {Command::block, 4'000'000},
        {Command::getdata, 4'000'000},   {Command::other, 4'000'000},
        {Command::getheaders, 4'000'000}};
    for (const auto& [command, bytes] : most) {
        EXPECT_EQ(WhyNot(Claiming(command, bytes)).kind, Kind::stopped) << CommandName(command);
        for (const std::uint32_t more : {bytes + 1, 0x7fffffffu, 0xffffffffu}) {
            const PeerError error = WhyNot(Claiming(command, more));
            EXPECT_EQ(error.kind, Kind::malformed) << CommandName(command);
            EXPECT_NE(error.message.find(std::to_string(more)), std::string::npos);
        }
    }
}

TEST(MessageReader, ChecksChecksumsButThatOfABlock) {
    for (const Command command : {Command::version, Command::ping, Command::inv, Command::headers,
                                  Command::notfound, Command::pong, Command::verack}) {
        Bytes raw = WriteMessage(Regtest(), command, Bytes(9, 1));
        raw[20] ^= 1;
        const PeerError error = WhyNot(raw);
        EXPECT_EQ(error.kind, Kind::malformed) << CommandName(command);
        EXPECT_NE(error.message.find("checksum"), std::string::npos);
    }
    for (const Command command : {Command::block, Command::getdata}) {
        Bytes raw = WriteMessage(Regtest(), command, Bytes(9, 1));
        raw[20] ^= 1;
        EXPECT_EQ(WhyNot(raw).kind, Kind::stopped) << CommandName(command);
    }
}

TEST(MessageReader, KnowsAnotherNetworkFromGarbage) {
    const auto& signet = *index::FindCoin("bitcoin", "signet");
    const PeerError other = WhyNot(WriteMessage(signet, Command::version, {}));
    EXPECT_EQ(other.kind, Kind::wrong_network);
    EXPECT_NE(other.message.find("bitcoin signet, not of bitcoin regtest"), std::string::npos);

    Bytes unknown = WriteMessage(Regtest(), Command::version, {});
    unknown[0] ^= 1;
    EXPECT_EQ(WhyNot(unknown).kind, Kind::wrong_network);

    const std::string_view http = "HTTP/1.1 400 Bad Request\r\n\r\n";
    EXPECT_EQ(WhyNot({reinterpret_cast<const std::uint8_t*>(http.data()), http.size()}).kind,
              Kind::malformed);
    // In the middle of a conversation it is garbage in any case.
    Bytes late = WriteMessage(Regtest(), Command::verack, {});
    late.insert(late.end(), unknown.begin(), unknown.end());
    EXPECT_EQ(WhyNot(late).kind, Kind::malformed);
}

TEST(MessageReader, PassesOverCommandsOfAnyName) {
    for (const std::string_view name : {"", "x", "\xff\xfe", "UPPER", "twelve_chars"})
        EXPECT_EQ(WhyNot(Foreign(name, Bytes(70'000, 1))).kind, Kind::stopped) << name;
}

}  // namespace
}  // namespace amber::daemon_client
