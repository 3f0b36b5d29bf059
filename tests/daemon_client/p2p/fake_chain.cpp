#include "tests/daemon_client/p2p/fake_chain.h"

#include "index/chain/coin.h"
#include "tests/daemon_client/regtest.h"
#include "tests/generator/block_builder.h"
#include "tests/support/raw_block.h"

namespace amber::daemon_client {

using index::Bytes;

namespace {

constexpr std::size_t kHeaderBytes = 80;
constexpr std::size_t kPreviousAt = 4, kTimeAt = 68, kBitsAt = 72, kNonceAt = 76;

void Put(Bytes& block, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) block[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}

Bytes MakeBlock(const index::BlockHash& previous, std::size_t height, std::uint64_t salt,
                std::size_t block_bytes) {
    index::RawTx coinbase;
    index::RawTx::Input input;
    input.previous.index = 0xffffffff;
    for (int i = 0; i < 8; ++i) {
        input.script.push_back(static_cast<std::uint8_t>(height >> 8 * i));
        input.script.push_back(static_cast<std::uint8_t>(salt >> 8 * i));
    }
    coinbase.inputs = {input};
    coinbase.outputs = {{50, Bytes(1 + block_bytes, 0x51)}};
    Bytes block = index::WriteBlock({coinbase});
    std::copy(previous.bytes.begin(), previous.bytes.end(), block.begin() + kPreviousAt);
    const index::TargetRule& rule = Regtest().target_rule;
    Put(block, kTimeAt, rule.genesis_time + static_cast<std::uint32_t>(height));
    Put(block, kBitsAt, rule.easiest);
    for (std::uint32_t nonce = 0;; ++nonce) {
        Put(block, kNonceAt, nonce);
        if (Regtest().codec->HasProofOfWork(block)) return block;
    }
}

}  // namespace

FakeChain::FakeChain() {
    blocks.push_back(std::make_shared<const Bytes>(generator::GenesisBlock()));
    hashes.push_back(Regtest().genesis);
}

void FakeChain::Grow(std::size_t count, std::uint64_t salt, std::size_t block_bytes) {
    for (std::size_t i = 0; i < count; ++i) {
        blocks.push_back(std::make_shared<const Bytes>(
            MakeBlock(hashes.back(), blocks.size(), salt, block_bytes)));
        hashes.push_back(Regtest().codec->HashHeader(*blocks.back()));
    }
}

FakeChain FakeChain::UpTo(std::size_t height) const {
    FakeChain part = *this;
    part.blocks.resize(height + 1);
    part.hashes.resize(height + 1);
    return part;
}

Bytes FakeChain::HeaderAt(std::size_t height) const {
    const Bytes& block = *blocks.at(height);
    return {block.begin(), block.begin() + kHeaderBytes};
}

FakeChain MakeFakeChain(std::size_t height, std::uint64_t salt, std::size_t block_bytes) {
    FakeChain chain;
    chain.Grow(height, salt, block_bytes);
    return chain;
}

std::vector<Bytes> HeadersOf(const FakeChain& chain, std::size_t first) {
    std::vector<Bytes> headers;
    for (std::size_t height = first; height < chain.blocks.size(); ++height)
        headers.push_back(chain.HeaderAt(height));
    return headers;
}

}  // namespace amber::daemon_client
