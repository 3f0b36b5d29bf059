#include "daemon_client/p2p/header_chain.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/daemon_client/p2p/fake_chain.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/chain_data.h"
#include "tests/support/sanitized.h"

namespace amber::daemon_client {
namespace {

using index::BlockHash;
using index::Bytes;
using index::Height;

const index::Coin& Network(std::string_view name) { return *index::FindCoin("bitcoin", name); }

std::vector<Bytes> ReadHeaders(const char* file) {
    const Bytes all = test::ReadFile(*test::ChainDataDir() / "headers" / file);
    std::vector<Bytes> headers;
    for (std::size_t at = 0; at + 80 <= all.size(); at += 80)
        headers.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                             all.begin() + static_cast<std::ptrdiff_t>(at) + 80);
    return headers;
}

std::string WhyNot(HeaderChain& chain, const std::vector<Bytes>& headers) {
    const auto added = chain.Add(headers);
    return added.has_error() ? added.error().why : "taken";
}

void Mine(Bytes& header) {
    for (std::uint8_t nonce = 0; !Regtest().codec->HasProofOfWork(header); ++nonce)
        header[76] = nonce;
}

TEST(HeaderChain, BeginsWithTheGenesisBlock) {
    const HeaderChain chain(Regtest());
    EXPECT_EQ(chain.Tip(), Regtest().genesis);
    EXPECT_EQ(chain.TipHeight(), Height{0});
    EXPECT_EQ(chain.HashAt({0}), Regtest().genesis);
    EXPECT_FALSE(chain.HashAt({1}));
    EXPECT_EQ(chain.Locator(chain.Tip()), std::vector{Regtest().genesis});
}

TEST(HeaderChain, TakesHeadersAndChoosesNone) {
    const FakeChain fake = MakeFakeChain(5);
    HeaderChain chain(Regtest());
    EXPECT_EQ(*chain.Add(HeadersOf(fake)), fake.hashes[5]);
    EXPECT_EQ(chain.TipHeight(), Height{0});
    EXPECT_EQ(chain.HeightOf(fake.hashes[5]), Height{5});
    EXPECT_TRUE(chain.WorkOf(fake.hashes[5]) == 12);  // two each
    chain.Choose(fake.hashes[4]);
    EXPECT_EQ(chain.HashAt({4}), fake.hashes[4]);
    EXPECT_FALSE(chain.HashAt({5}));
    EXPECT_EQ(chain.ForkWith(fake.hashes[5]), Height{4});
}

TEST(HeaderChain, TakesTheSameAgain) {
    const FakeChain fake = MakeFakeChain(5);
    HeaderChain chain(Regtest());
    EXPECT_EQ(*chain.Add(HeadersOf(fake)), fake.hashes[5]);
    EXPECT_EQ(*chain.Add(HeadersOf(fake.UpTo(3))), fake.hashes[3]);
    EXPECT_EQ(chain.size(), 6u);
}

TEST(HeaderChain, RefusesWhatDoesNotFollow) {
    const FakeChain fake = MakeFakeChain(5);
    HeaderChain chain(Regtest());
    EXPECT_NE(WhyNot(chain, HeadersOf(fake, 2)).find("follows the unknown"), std::string::npos);
    auto gap = HeadersOf(fake);
    gap.erase(gap.begin() + 2);
    EXPECT_NE(WhyNot(chain, gap).find("do not follow each other"), std::string::npos);
    EXPECT_EQ(chain.size(), 3u);  // those before the gap
    EXPECT_EQ(WhyNot(chain, {}), "no header");
    EXPECT_EQ(WhyNot(chain, {Bytes(79)}), "a header of 79 bytes");
    EXPECT_EQ(WhyNot(chain, {Bytes(81)}), "a header of 81 bytes");
}

TEST(HeaderChain, RefusesWhatIsNotWorkedFor) {
    HeaderChain chain(Regtest());
    Bytes header = MakeFakeChain(1).HeaderAt(1);
    while (Regtest().codec->HasProofOfWork(header)) ++header[76];
    EXPECT_NE(WhyNot(chain, {header}).find("does not meet the target"), std::string::npos);
    for (const std::uint8_t exponent : {0x1f, 0x21, 0x00}) {
        header[75] = exponent;
        EXPECT_NE(WhyNot(chain, {header}).find("target that the rules do not allow"),
                  std::string::npos);
    }
    EXPECT_EQ(chain.size(), 1u);
    header[75] = 0x20;
    Mine(header);
    EXPECT_EQ(WhyNot(chain, {header}), "taken");
}

TEST(HeaderChain, GoesToAnotherBranchAndBack) {
    const FakeChain main = MakeFakeChain(40);
    FakeChain branch = main.UpTo(25);
    branch.Grow(30, 1);
    HeaderChain chain(Regtest());
    ASSERT_TRUE(chain.Add(HeadersOf(main)));
    ASSERT_TRUE(chain.Add(HeadersOf(branch)));
    for (const FakeChain* chosen : std::vector<const FakeChain*>{&main, &branch, &main}) {
        chain.Choose(chosen->hashes.back());
        ASSERT_EQ(chain.TipHeight().value + 1, chosen->hashes.size());
        for (std::uint32_t height = 0; height < chosen->hashes.size(); ++height)
            ASSERT_EQ(chain.HashAt({height}), chosen->hashes[height]);
        const FakeChain& other = chosen == &main ? branch : main;
        EXPECT_EQ(chain.ForkWith(other.hashes.back()), Height{25});
        EXPECT_EQ(chain.ForkWith(other.hashes[10]), Height{10});
    }
    EXPECT_FALSE(chain.ForkWith(BlockHash{}));
}

TEST(HeaderChain, LocatorsGrowSparse) {
    const FakeChain fake = MakeFakeChain(1000);
    HeaderChain chain(Regtest());
    ASSERT_TRUE(chain.Add(HeadersOf(fake)));
    for (const bool chosen : {false, true}) {
        if (chosen) chain.Choose(fake.hashes.back());
        const auto locator = chain.Locator(fake.hashes.back());
        EXPECT_LT(locator.size(), 25u);
        for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(locator[i], fake.hashes[1000 - i]);
        EXPECT_EQ(locator.back(), Regtest().genesis);
        for (std::size_t i = 1; i < locator.size(); ++i)
            EXPECT_LT(*chain.HeightOf(locator[i]), *chain.HeightOf(locator[i - 1]));
    }
    EXPECT_EQ(chain.Before(fake.hashes[7]), fake.hashes[6]);
    EXPECT_EQ(chain.Before(fake.hashes[0]), fake.hashes[0]);
}

TEST(HeaderChain, TrimsBranchesThatAreTooMany) {
    const FakeChain main = MakeFakeChain(50);
    HeaderChain chain(Regtest(), 20);
    ASSERT_TRUE(chain.Add(HeadersOf(main)));
    chain.Choose(main.hashes.back());
    for (std::uint64_t salt = 1; salt <= 2; ++salt) {
        FakeChain branch = main.UpTo(30);
        branch.Grow(11, salt);
        ASSERT_TRUE(chain.Add(HeadersOf(branch, 31)));
        chain.TrimBranches();
        EXPECT_EQ(chain.Has(branch.hashes.back()), salt == 1);
    }
    EXPECT_EQ(chain.size(), 51u);
    for (std::uint32_t height = 0; height <= 50; ++height) {
        EXPECT_EQ(chain.HashAt({height}), main.hashes[height]);
        EXPECT_EQ(chain.HeightOf(main.hashes[height]), Height{height});
    }
    FakeChain more = main;
    more.Grow(3, 9);
    EXPECT_EQ(*chain.Add(HeadersOf(more, 51)), more.hashes.back());
}

// Against maps from hash to parent and height, which is all a header chain is.
TEST(HeaderChain, EqualsANaiveTree) {
    const auto seed = ::testing::UnitTest::GetInstance()->random_seed();
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    std::vector<FakeChain> branches{FakeChain()};
    std::map<BlockHash, std::size_t> height_of{{Regtest().genesis, 0}};
    HeaderChain chain(Regtest());
    for (int round = 0; round < 300; ++round) {
        FakeChain branch = branches[random() % branches.size()];
        branch = branch.UpTo(random() % branch.blocks.size());
        branch.Grow(1 + random() % 8, random());
        const std::size_t first = 1 + random() % (branch.blocks.size() - 1);
        const bool follows = height_of.contains(branch.hashes[first - 1]);
        const auto added = chain.Add(HeadersOf(branch, first));
        ASSERT_EQ(added.has_value(), follows) << "seed " << seed << ", round " << round;
        if (!follows) continue;
        for (std::size_t height = first; height < branch.hashes.size(); ++height)
            height_of[branch.hashes[height]] = height;
        branches.push_back(branch);
        const FakeChain& chosen = branches[random() % branches.size()];
        if (!height_of.contains(chosen.hashes.back())) continue;
        chain.Choose(chosen.hashes.back());
        const FakeChain& other = branches[random() % branches.size()];
        std::size_t fork = 0;
        while (fork + 1 < std::min(chosen.hashes.size(), other.hashes.size()) &&
               chosen.hashes[fork + 1] == other.hashes[fork + 1])
            ++fork;
        ASSERT_EQ(chain.ForkWith(other.hashes.back())->value, fork)
            << "seed " << seed << ", round " << round;
    }
    ASSERT_EQ(chain.size(), height_of.size()) << "seed " << seed;
    for (const auto& [hash, height] : height_of) ASSERT_EQ(chain.HeightOf(hash)->value, height);
}

class RealHeaders : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

// Testnet's have changes of the target, and blocks that were late.
TEST_P(RealHeaders, KeepTheRules) {
    AMBER_NEEDS_CHAIN_DATA();
    const auto [network, file] = GetParam();
    const index::Coin& coin = Network(network);
    auto headers = ReadHeaders(file);
    if (coin.codec->HashHeader(headers.front()) == coin.genesis) headers.erase(headers.begin());
    HeaderChain chain(coin);
    const auto added = chain.Add(headers);
    ASSERT_TRUE(added) << added.error().why;
    EXPECT_EQ(chain.HeightOf(*added)->value, headers.size());
}

INSTANTIATE_TEST_SUITE_P(All, RealHeaders,
                         ::testing::Values(std::pair{"mainnet", "btc-mainnet-0-10236.hdr.xz"},
                                           std::pair{"testnet", "btc-testnet3-1-5000.hdr.xz"},
                                           std::pair{"signet", "btc-signet-0-2015.hdr.xz"}),
                         [](const auto& test) { return std::string(test.param.first); });

// No block of testnet was late by mainnet's rule, which has none.
TEST(HeaderChain, LateBlocksAreForTestNetworks) {
    AMBER_NEEDS_CHAIN_DATA();
    const auto headers = ReadHeaders("btc-testnet3-1-5000.hdr.xz");
    index::Coin strict = Network("testnet");
    strict.target_rule.late_seconds = 0;
    HeaderChain chain(strict);
    EXPECT_NE(WhyNot(chain, headers).find("target that the rules do not allow"), std::string::npos);
    // Up to there it agrees: the first period is of the easiest target throughout.
    EXPECT_GT(chain.size(), 2016u);
}

TEST(HeaderChain, TakesAWholeChainInSeconds) {
    constexpr std::size_t kCount = kSanitized ? 20'000 : 300'000;
    const FakeChain fake = MakeFakeChain(0);
    std::vector<Bytes> headers;
    headers.reserve(kCount);
    Bytes header = MakeFakeChain(1).HeaderAt(1);
    BlockHash previous = Regtest().genesis;
    for (std::size_t i = 0; i < kCount; ++i) {
        std::copy(previous.bytes.begin(), previous.bytes.end(), header.begin() + 4);
        header[76] = 0;
        Mine(header);
        previous = Regtest().codec->HashHeader(header);
        headers.push_back(header);
    }
    HeaderChain chain(Regtest());
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < kCount; at += 2000) {
        const auto added = chain.Add(std::span(headers).subspan(at, 2000));
        ASSERT_TRUE(added);
        chain.Choose(*added);
        (void)chain.Locator(*added);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%zu headers in %.2f s\n", kCount, took.count());
    EXPECT_LT(took.count(), kSanitized ? 20 : 5);
}

}  // namespace
}  // namespace amber::daemon_client
