// Acceptance check b.4, 12: a flat file of lbcd, which has a checksum behind each block, and ends
// in the middle of one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include "daemon_client/block_files/block_files.h"
#include "index/chain/sha256.h"
#include "tests/support/chain_data.h"

namespace amber::daemon_client {
namespace {

using index::BlockHash;
using index::ByteView;

/// LBRY's headers, as far as the files' reader asks: 112 bytes, with the root of the claims after
/// the merkle root. Their proof of work is another one, and not looked at.
class LbryHeaders final : public index::Codec {
public:
    index::Parsed<index::Block> ParseBlock(index::Bytes) const override { std::abort(); }
    index::Parsed<index::Transaction> ParseTransaction(ByteView) const override { std::abort(); }
    index::Parsed<std::vector<std::uint32_t>> TransactionOffsets(ByteView) const override {
        std::abort();
    }
    std::size_t BlockBytesMax() const override { return 8'000'000; }
    std::optional<std::size_t> HeaderSize(ByteView bytes) const override {
        return bytes.size() < kBytes ? std::nullopt : std::optional(kBytes);
    }
    BlockHash HashHeader(ByteView header) const override {
        return index::Sha256dAs<BlockHash>(header.first(kBytes));
    }
    BlockHash PreviousHash(ByteView header) const override { return HashAt<BlockHash>(header, 4); }
    index::MerkleNode MerkleRoot(ByteView header) const override {
        return HashAt<index::MerkleNode>(header, 36);
    }
    std::uint32_t Time(ByteView header) const override { return NumberAt(header, 100); }
    std::uint32_t TargetBits(ByteView header) const override { return NumberAt(header, 104); }
    bool HasProofOfWork(ByteView) const override { return true; }
    bool IsIndexed(ByteView) const override { std::abort(); }

private:
    static constexpr std::size_t kBytes = 112;

    template <class Hash>
    static Hash HashAt(ByteView header, std::size_t offset) {
        Hash hash;
        std::memcpy(hash.bytes.data(), header.data() + offset, hash.bytes.size());
        return hash;
    }
    static std::uint32_t NumberAt(ByteView header, std::size_t offset) {
        std::uint32_t number;
        std::memcpy(&number, header.data() + offset, sizeof number);
        return number;
    }
};

TEST(LbryFile, Check12_EachOf435RecordsIsFoundAndTheTornTailIsNamed) {
    AMBER_NEEDS_CHAIN_DATA();
    const LbryHeaders codec;
    index::Coin lbry;
    lbry.name = "lbry";
    lbry.network = "mainnet";
    std::ranges::copy(std::array{0xfa, 0xe4, 0xaa, 0xf1}, lbry.magic);
    lbry.codec = &codec;
    const auto path =
        std::filesystem::temp_directory_path() / ("amber-lbry-" + std::to_string(getpid()));
    const auto bytes =
        test::ReadFile(*test::ChainDataDir() / "coins" / "lbry" / "lbcd-ffldb-records.fdb.xz");
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    const auto files = BlockFiles::OpenList(lbry, {path});
    ASSERT_TRUE(files);
    const auto report = (*files)->Refresh();
    std::filesystem::remove(path);
    EXPECT_EQ(report.blocks, 435u);

    // The coin's codec is still to come, and with it the word that four bytes follow each block:
    // until then they are told of and passed over, and the torn tail is told with those before it.
    ASSERT_EQ(report.problems.size(), 435u);
    for (std::size_t i = 0; i + 1 < report.problems.size(); ++i)
        EXPECT_TRUE(report.problems[i].what.ends_with("; 4 bytes skipped"))
            << report.problems[i].Text();
    EXPECT_EQ(report.problems.back().offset, 99838u - 4);
    EXPECT_EQ(report.problems.back().what, "no block of mainnet");

    const auto genesis = *index::FromDisplayHex<BlockHash>(
        "9c89283ba0f3227f6c03b70216b9f665f0118d5e0fa729cedf4fb34d6a34f463");
    const auto chain = (*files)->BestChain(genesis);
    ASSERT_EQ(chain.size(), 435u);
    EXPECT_EQ(ToDisplayHex(chain.back().hash),
              "3a6bd4118964a031930ecedf41fadb4876b29b0a602d6fedbfe17732196dd06b");
}

}  // namespace
}  // namespace amber::daemon_client
