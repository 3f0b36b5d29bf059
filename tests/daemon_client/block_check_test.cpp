#include "daemon_client/block_check.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "index/chain/sha256.h"
#include "tests/support/fake_node.h"

namespace amber::daemon_client {
namespace {

using index::Bytes;

const index::Codec& RegtestCodec() { return *index::FindCoin("bitcoin", "regtest")->codec; }

std::string WhyBad(const index::BlockHash& announced, Bytes raw) {
    const auto result = CheckBlock(RegtestCodec(), announced, std::move(raw));
    return result.has_error() ? result.error().why : "";
}

class BlockCheck : public ::testing::Test {
protected:
    const Bytes raw_ = test::MakeChain(3)[2];
    const index::BlockHash hash_ = test::HashOfBlock(raw_);
};

TEST_F(BlockCheck, TakesTheAnnouncedBlock) {
    const auto block = CheckBlock(RegtestCodec(), hash_, raw_);
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(block->hash, hash_);
    EXPECT_EQ(block->raw, raw_);
}

TEST_F(BlockCheck, RefusesAnotherBlock) {
    EXPECT_NE(WhyBad(test::HashOfBlock(test::MakeChain(2)[1]), raw_).find("another block"),
              std::string::npos);
}

TEST_F(BlockCheck, RefusesOtherTransactions) {
    Bytes changed = raw_;
    changed.back() ^= 1;  // the lock time of the coinbase
    EXPECT_NE(WhyBad(hash_, changed).find("merkle root"), std::string::npos);
}

TEST_F(BlockCheck, RefusesTruncationAtEveryByte) {
    for (std::size_t size = 0; size < raw_.size(); ++size)
        EXPECT_NE(WhyBad(hash_, Bytes(raw_.begin(), raw_.begin() + static_cast<long>(size))), "");
}

TEST_F(BlockCheck, RefusesTransactionsRepeatedUnderTheSameRoot) {
    // One transaction twice has the root of the pair; a header that commits to that pair is made
    // here, so that only the repetition is wrong.
    Bytes pair = raw_;
    const Bytes coinbase(raw_.begin() + 81, raw_.end());
    pair[80] = 2;
    pair.insert(pair.end(), coinbase.begin(), coinbase.end());
    const auto parsed = RegtestCodec().ParseBlock(pair);
    ASSERT_TRUE(parsed.has_value());
    Bytes leaves(parsed->txs[0].txid.bytes.begin(), parsed->txs[0].txid.bytes.end());
    leaves.insert(leaves.end(), leaves.begin(), leaves.begin() + 32);
    const auto root = index::Sha256dAs<index::MerkleNode>(leaves);
    std::ranges::copy(root.bytes, pair.begin() + 36);
    EXPECT_NE(WhyBad(test::HashOfBlock(pair), pair).find("twice"), std::string::npos);
}

}  // namespace
}  // namespace amber::daemon_client
