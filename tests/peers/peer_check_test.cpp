#include "server/peers/peer_check.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <stdexcept>
#include <tuple>

#include "tests/peers/staged_peer.h"

namespace amber::server {
namespace {

using Kind = PeerVerdict::Kind;

const std::vector<std::string> kOrder = {"server.version", "blockchain.headers.subscribe",
                                         "server.features", "server.peers.subscribe",
                                         "blockchain.block.header"};

TEST(PeerCheck, AGoodPeerIsAskedFiveQuestions) {
    StagedPeer peer;
    const PeerVerdict verdict = peer.Run();
    ASSERT_EQ(verdict.kind, Kind::good) << verdict.why;
    EXPECT_EQ(peer.asked, kOrder);
    EXPECT_EQ(peer.requests.front(),
              R"({"jsonrpc":"2.0","id":0,"method":"server.version","params":)"
              R"(["Amber 1",["1.4","1.7"]]})");
    EXPECT_EQ(peer.requests.back(),
              R"({"jsonrpc":"2.0","id":4,"method":"blockchain.block.header","params":[110]})");
    EXPECT_EQ(verdict.features.software, "Staged 1.0");
    EXPECT_EQ(verdict.features.hosts.size(), 2U);
    EXPECT_EQ(verdict.others, (std::vector<PeerHost>{{"other.example.org", 50001, 50002}}));
    EXPECT_FALSE(verdict.announced);
}

TEST(PeerCheck, TheHeaderAskedForIsTenBelowTheLowerTip) {
    for (const auto& [ours, theirs, asked] : std::vector<std::array<std::uint32_t, 3>>{
             {120, 125, 110}, {125, 120, 110}, {3, 8, 0}, {10, 10, 0}, {11, 12, 1}}) {
        StagedPeer peer;
        peer.chain.height = ours;
        peer.results["blockchain.headers.subscribe"] =
            R"({"height":)" + std::to_string(theirs) + "}";
        peer.results["blockchain.block.header"] = '"' + StagedChain::HeaderHex(asked) + '"';
        EXPECT_EQ(peer.Run().kind, Kind::good) << ours << ' ' << theirs;
        EXPECT_TRUE(peer.requests.back().ends_with('[' + std::to_string(asked) + "]}"));
    }
}

/// What it may do and still be good.
TEST(PeerCheck, WhatDoesNotMatter) {
    StagedPeer peer;
    peer.lines["server.version"] = R"({"id":0,"error":null,"result":["ElectrumX 1.16.0","1.4.2"]})";
    peer.results["server.peers.subscribe"] =
        R"([["x"],[1,2,3],["1.1.1.1","localhost",["s"]],["1.1.1.1","a.example",["v1.4"]],)"
        R"(["1.1.1.1","b.example",["s0"]],["1.1.1.1","c.example",[5]],"d",)"
        R"(["1.1.1.1","UPPER.example",["v1.4","t","s"]]])";
    peer.results["blockchain.headers.subscribe"] = R"({"height":125})";
    peer.results["blockchain.block.header"] = '"' + StagedChain::HeaderHex(110) + '"';
    const PeerVerdict verdict = peer.Run();
    EXPECT_EQ(verdict.kind, Kind::good) << verdict.why;
    EXPECT_EQ(verdict.others, (std::vector<PeerHost>{{"upper.example", 50001, 50002}}));

    StagedPeer chatty;
    chatty.Run("blockchain.headers.subscribe");
    chatty.Check().OnLine(R"({"method":"blockchain.headers.subscribe","params":[{}]})");
    chatty.Check().OnLine(R"({"id":7,"method":"server.ping"})");
    EXPECT_FALSE(chatty.Check().Verdict());
}

struct Lie {
    const char* method;
    std::string result;
    Kind kind;
    const char* why;
};

TEST(PeerCheck, EveryLieIsNamed) {
    const std::string genesis = index::ToDisplayHex(StagedGenesis());
    const auto changed = [](std::string from, const std::string& to) {
        std::string features = GoodFeatures();
        const std::size_t at = features.find(from);
        if (at == features.npos) throw std::logic_error(from);
        return features.replace(at, from.size(), to);
    };
    const Lie lies[] = {
        {"server.version", "null", Kind::bad, "something else"},
        {"server.version", R"(["x"])", Kind::bad, "something else"},
        {"server.version", R"(["x",1.4])", Kind::bad, "something else"},
        {"server.version", R"(["x","1.2"])", Kind::bad, "not offered"},
        {"server.version", R"(["x","9"])", Kind::bad, "not offered"},
        {"server.version", R"(["x","one"])", Kind::bad, "not offered"},
        {"blockchain.headers.subscribe", "[]", Kind::bad, "something else"},
        {"blockchain.headers.subscribe", R"({"hex":"00"})", Kind::bad, "something else"},
        {"blockchain.headers.subscribe", R"({"height":-1})", Kind::bad, "something else"},
        {"blockchain.headers.subscribe", R"({"height":1e2})", Kind::bad, "something else"},
        {"blockchain.headers.subscribe", R"({"height":99999999999})", Kind::bad, "something else"},
        {"blockchain.headers.subscribe", R"({"height":126})", Kind::failed, "126, ours at 120"},
        {"blockchain.headers.subscribe", R"({"height":114})", Kind::failed, "114, ours at 120"},
        {"blockchain.headers.subscribe", R"({"height":4294967295})", Kind::failed, "its tip"},
        {"server.features", "7", Kind::bad, "not an object"},
        {"server.features", changed(genesis, std::string(64, '2')), Kind::bad, "another network"},
        {"server.features", changed(genesis, "11"), Kind::bad, "genesis_hash"},
        {"server.features", changed("peer.example.org", "somebody.example.org"), Kind::bad,
         "not among those it names"},
        {"server.features", changed(R"({"ssl_port":50002,"tcp_port":50001})", "{}"), Kind::bad,
         "not among those it names"},
        {"server.features", changed("50002", "0"), Kind::bad, "ssl_port is not a port"},
        {"server.features", changed(R"("1.6")", R"("1.3")"), Kind::bad, "in common"},
        {"server.features", changed(R"("protocol_min":"1.4")", R"("protocol_min":"1.8")"),
         Kind::bad, "in common"},
        {"server.features", changed("sha256", "scrypt"), Kind::bad, "sha256"},
        {"server.features", changed(R"("pruning":null)", R"("pruning":10)"), Kind::bad,
         "whole chain"},
        {"server.peers.subscribe", "{}", Kind::bad, "something else"},
        {"server.peers.subscribe", R"("none")", Kind::bad, "something else"},
        {"blockchain.block.header", R"("00")", Kind::bad, "another chain at height 110"},
        {"blockchain.block.header", '"' + StagedChain::HeaderHex(111) + '"', Kind::bad,
         "another chain at height 110"},
        {"blockchain.block.header", R"("xy")", Kind::bad, "something else"},
        {"blockchain.block.header", R"({"branch":[]})", Kind::bad, "something else"},
    };
    for (const Lie& lie : lies) {
        StagedPeer peer;
        peer.results[lie.method] = lie.result;
        const PeerVerdict verdict = peer.Run();
        EXPECT_EQ(verdict.kind, lie.kind) << lie.method << ' ' << lie.result;
        EXPECT_NE(verdict.why.find(lie.why), std::string::npos)
            << lie.result << ": " << verdict.why;
        EXPECT_EQ(peer.Check().TakeOutput(), "") << "still asks";
    }
}

TEST(PeerCheck, EveryMessageThatIsNoneIsNamed) {
    for (const auto& [line, kind, why] : std::vector<std::tuple<std::string, Kind, const char*>>{
             {"HTTP/1.1 400 Bad Request", Kind::bad, "not JSON-RPC"},
             {" ", Kind::bad, "not JSON-RPC"},
             {"[]", Kind::bad, "not JSON-RPC"},
             {"\xff", Kind::bad, "not JSON-RPC"},
             {"{}", Kind::bad, "not asked"},
             {R"({"id":9,"result":1})", Kind::bad, "not asked"},
             {R"({"id":5,"result":true})", Kind::bad, "not asked"},
             {R"({"id":"0","result":1})", Kind::bad, "not asked"},
             {R"({"id":0})", Kind::bad, "neither"},
             {R"({"id":null,"error":{"message":"too many"}})", Kind::failed, "too many"},
             {R"({"id":0,"error":{"message":"no\u001b[2J"}})", Kind::failed,
              "server.version is answered with an error"}}) {
        StagedPeer peer;
        peer.lines["server.version"] = line;
        const PeerVerdict verdict = peer.Run();
        EXPECT_EQ(verdict.kind, kind) << line;
        EXPECT_NE(verdict.why.find(why), std::string::npos) << verdict.why;
        EXPECT_EQ(verdict.why.find('\x1b'), std::string::npos);
    }
    StagedPeer twice;
    twice.Run("blockchain.headers.subscribe");
    twice.Check().OnLine(R"({"id":0,"result":["x","1.4"]})");
    EXPECT_EQ(twice.Check().Verdict()->kind, Kind::bad);
}

TEST(PeerCheck, TooMuchIsRefused) {
    StagedPeer peer;
    peer.Run("blockchain.headers.subscribe");
    const std::string news =
        R"({"method":"x","params":[")" + std::string(PeerCheck::kLineMax / 2, 'a') + "\"]}";
    std::size_t bytes = 0;
    for (; !peer.Check().Verdict() && bytes < 100 * PeerCheck::kBytesMax; bytes += news.size())
        peer.Check().OnLine(news);
    ASSERT_TRUE(peer.Check().Verdict());
    EXPECT_EQ(peer.Check().Verdict()->kind, Kind::bad);
    EXPECT_LE(bytes, PeerCheck::kBytesMax + news.size());

    StagedPeer lister;
    std::string& rows = lister.results["server.peers.subscribe"] = "[";
    for (int i = 0; i < 5000; ++i)
        rows += R"(["1.2.3.4","h)" + std::to_string(i) + R"(.example",["s"]],)";
    rows.back() = ']';
    EXPECT_EQ(lister.Run().others.size(), PeerCheck::kRowsMax);
}

/// Silence, and the end of the connection, at every step.
TEST(PeerCheck, EveryStepCanBeTheLast) {
    for (const bool silent : {true, false}) {
        for (std::size_t step = 0; step <= kOrder.size(); ++step) {
            StagedPeer peer;
            peer.announcement = R"({"hosts":{}})";
            const bool announcing = step == kOrder.size();
            peer.Run(announcing ? "server.add_peer" : kOrder[step]);
            ASSERT_FALSE(peer.Check().Verdict()) << step;
            if (silent) {
                peer.Check().OnTime(StagedPeer::Deadline() - std::chrono::seconds(1));
                ASSERT_FALSE(peer.Check().Verdict());
                peer.Check().OnTime(StagedPeer::Deadline());
            } else {
                peer.Check().Fail("it closed the connection");
            }
            ASSERT_TRUE(peer.Check().Verdict());
            const PeerVerdict& verdict = *peer.Check().Verdict();
            // Whoever takes no announcement may yet be a good server.
            EXPECT_EQ(verdict.kind, announcing ? Kind::good : Kind::failed) << step;
            EXPECT_FALSE(verdict.announced);
            if (!announcing) {
                EXPECT_EQ(verdict.why, silent ? "no answer in time" : "it closed the connection");
            }
            EXPECT_EQ(peer.Check().TakeOutput(), "");
        }
    }
    StagedPeer peer;
    StagedChain chain;
    const PeerCheck::Terms terms;
    PeerCheck check(terms, chain, "x.example", "", StagedPeer::Deadline());
    check.OnLine("before it is connected");
    EXPECT_FALSE(check.Verdict());
    check.OnTime(StagedPeer::Deadline());
    EXPECT_EQ(check.Verdict()->why, "cannot connect in time");
}

TEST(PeerCheck, OurOwnTroubleIsNotItsFault) {
    StagedPeer peer;
    peer.chain.broken = true;
    EXPECT_EQ(peer.Run().kind, Kind::failed);
}

TEST(PeerCheck, WeAreAnnouncedWhereWeAreNotListed) {
    const std::string ours = R"({"hosts":{"ours.example.org":{"tcp_port":50001}}})";
    for (const auto& [answer, announced] : std::vector<std::pair<std::string, bool>>{
             {"true", true}, {"false", false}, {"7", false}}) {
        StagedPeer peer;
        peer.announcement = ours;
        peer.results["server.add_peer"] = answer;
        const PeerVerdict verdict = peer.Run();
        EXPECT_EQ(verdict.kind, Kind::good);
        EXPECT_EQ(verdict.announced, announced) << answer;
        EXPECT_EQ(peer.requests.back(),
                  R"({"jsonrpc":"2.0","id":5,"method":"server.add_peer","params":[)" + ours + "]}");
    }
    StagedPeer refusing;
    refusing.announcement = ours;
    refusing.lines["server.add_peer"] = R"({"id":5,"error":{"message":"go away"}})";
    EXPECT_EQ(refusing.Run().kind, Kind::good);

    const auto asked_last = [&](const std::string& row) {
        StagedPeer peer;
        peer.announcement = ours;
        peer.results["server.peers.subscribe"] = '[' + row + ']';
        EXPECT_EQ(peer.Run().kind, Kind::good);
        return peer.asked.back();
    };
    EXPECT_EQ(asked_last(R"(["9.9.9.9","OURS.example.org",["v1.7","s50002","t50001"]])"),
              "blockchain.block.header");
    EXPECT_EQ(asked_last(R"(["9.9.9.9","ours.example.org",["v1.7","s50003","t50001"]])"),
              "server.add_peer")
        << "listed with another port";
}

/// Whatever a peer sends, there is one verdict, it stays, and then nothing more is asked.
TEST(PeerCheck, AnyMessagesEndInOneVerdict) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::size_t verdicts = 0;
    for (int round = 0; round < 2000; ++round) {
        StagedPeer peer;
        peer.announcement = random() % 2 ? "{}" : "";
        for (auto& [method, result] : peer.results) {
            // A piece is changed, or a byte.
            if (random() % 4 != 0) continue;
            const std::size_t at = random() % result.size();
            if (random() % 2)
                result[at] = static_cast<char>(random());
            else
                result.erase(at, 1 + random() % 8);
        }
        peer.Run();
        peer.Check().OnTime(StagedPeer::Deadline());
        ASSERT_TRUE(peer.Check().Verdict());
        const Kind kind = peer.Check().Verdict()->kind;
        verdicts += kind == Kind::good;
        peer.Check().OnLine("garbage");
        peer.Check().Fail("late");
        peer.Check().Refuse("late");
        peer.Check().OnConnected();
        EXPECT_EQ(peer.Check().Verdict()->kind, kind);
        EXPECT_EQ(peer.Check().TakeOutput(), "");
        if (kind == Kind::good) {
            EXPECT_TRUE(peer.Check().Verdict()->features.Find(peer.dialled));
        }
    }
    EXPECT_GT(verdicts, 100U);
    EXPECT_LT(verdicts, 1900U);
}

}  // namespace
}  // namespace amber::server
