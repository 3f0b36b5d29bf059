#pragma once
#include "index/chain/coin.h"

namespace amber::index {

/// What a network allows, as far as the bytes of its blocks depend on it.
struct BitcoinRules {
    std::size_t block_bytes_max = 4'000'000;  ///< serialised, witness included (BIP141)
    Amount money_max = 21'000'000LL * 100'000'000;
};

/// The grammar of Bitcoin and of the many coins that share it: 80-byte headers hashed by double
/// SHA-256, transactions with or without witness (BIP144). A coin that only writes longer headers
/// overrides HeaderSize() and HashHeader(); transactions are read the same way.
class BitcoinCodec : public Codec {
public:
    explicit BitcoinCodec(BitcoinRules rules = {}) : rules_(rules) {}

    [[nodiscard]] Parsed<Block> ParseBlock(Bytes raw) const override;
    [[nodiscard]] Parsed<Transaction> ParseTransaction(ByteView raw) const override;
    [[nodiscard]] Parsed<std::vector<std::uint32_t>> TransactionOffsets(
        ByteView block) const override;
    [[nodiscard]] std::size_t BlockBytesMax() const override { return rules_.block_bytes_max; }
    [[nodiscard]] std::optional<std::size_t> HeaderSize(ByteView bytes) const override;
    // Precondition of these six: a whole header.
    [[nodiscard]] BlockHash HashHeader(ByteView header) const override;
    [[nodiscard]] BlockHash PreviousHash(ByteView header) const override;
    [[nodiscard]] MerkleNode MerkleRoot(ByteView header) const override;
    [[nodiscard]] std::uint32_t Time(ByteView header) const override;
    [[nodiscard]] std::uint32_t TargetBits(ByteView header) const override;
    [[nodiscard]] bool HasProofOfWork(ByteView header) const override;
    [[nodiscard]] bool IsIndexed(ByteView script) const override;

private:
    BitcoinRules rules_;
};

}  // namespace amber::index
