#include "index/chain/codec_bitcoin.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "index/chain/proof_of_work.h"
#include "index/chain/sha256.h"
#include "index/chain/transaction_walk.h"

namespace amber::index {
namespace {

// header := version (4), hash of previous (32), merkle root (32), time (4), bits (4), nonce (4)
constexpr std::size_t kHeaderBytes = 80;
constexpr std::size_t kPreviousOffset = 4;
constexpr std::size_t kMerkleRootOffset = 36;
constexpr std::size_t kTimeOffset = 68;
constexpr std::size_t kTargetOffset = 72;

constexpr std::uint8_t kOpReturn = 0x6a;

std::uint32_t NumberAt(ByteView header, std::size_t offset) {
    if (header.size() < kHeaderBytes) std::abort();
    std::uint32_t number;
    std::memcpy(&number, header.data() + offset, sizeof number);
    return number;
}

template <class Hash>
Hash HashAt(ByteView header, std::size_t offset) {
    if (header.size() < kHeaderBytes) std::abort();
    Hash hash;
    std::memcpy(hash.bytes.data(), header.data() + offset, hash.bytes.size());
    return hash;
}

/// Collects scripts and hashes them some dozens at a time; store(slot, ScriptHash) takes each, at
/// the latest within Flush(), at the earliest within its own Add().
template <class Store>
class ScriptBatch {
public:
    explicit ScriptBatch(Store store) : store_(std::move(store)) {}

    void Add(ByteView script, std::size_t slot) {
        jobs_[count_].pieces[0] = script;
        jobs_[count_].out32 = hashes_[count_].bytes.data();
        slots_[count_] = slot;
        if (++count_ == kSize) Flush();
    }
    void Flush() {
        Sha256Many({jobs_, count_});
        for (std::size_t i = 0; i < count_; ++i) store_(slots_[i], hashes_[i]);
        count_ = 0;
    }

private:
    static constexpr std::size_t kSize = 64;

    Store store_;
    std::size_t count_ = 0;
    std::size_t slots_[kSize];
    HashJob jobs_[kSize];
    ScriptHash hashes_[kSize];
};

/// Collects transactions, whose bytes and whose txids stay where they are, and hashes them many
/// at a time.
class TxidBatch {
public:
    void Add(const TransactionParts& parts, Txid& txid) {
        std::copy_n(parts.hashed, 3, jobs_[count_].pieces);
        jobs_[count_].out32 = txid.bytes.data();
        if (++count_ == kSize) Flush();
    }
    void Flush() {
        Sha256dMany({jobs_, count_});
        count_ = 0;
    }

private:
    static constexpr std::size_t kSize = 256;

    std::size_t count_ = 0;
    HashJob jobs_[kSize];
};

/// Fills the flat arrays of a block.
class BlockSink {
public:
    BlockSink(const Codec& codec, Block& block)
        : codec_(codec), block_(block), scripts_(StoreHashX{block}) {}

    void Input(const OutPoint& previous) { block_.inputs.push_back(previous); }

    void Output(Amount value, ByteView script) {
        const bool indexed = codec_.IsIndexed(script);
        // In place: a temporary, written byte by byte and copied whole, stalls the processor.
        Block::Output& output = block_.outputs.emplace_back();
        output.value = value;
        output.indexed = indexed;
        if (indexed) scripts_.Add(script, block_.outputs.size() - 1);
    }

    void Flush() { scripts_.Flush(); }

private:
    struct StoreHashX {
        Block& block;
        void operator()(std::size_t slot, const ScriptHash& hash) {
            // Not by ToHashX(), for the same reason as in Output().
            std::memcpy(block.outputs[slot].hash_x.bytes.data(), hash.bytes.data(), HashX::kSize);
        }
    };

    const Codec& codec_;
    Block& block_;
    ScriptBatch<StoreHashX> scripts_;
};

/// Fills a lone transaction.
class TransactionSink {
public:
    TransactionSink(const Codec& codec, Transaction& tx)
        : codec_(codec), tx_(tx), scripts_(StoreHash{tx}) {}

    void Input(const OutPoint& previous) { tx_.inputs.push_back(previous); }

    void Output(Amount value, ByteView script) {
        const bool indexed = codec_.IsIndexed(script);
        tx_.outputs.push_back({value, {}, indexed});
        if (indexed) scripts_.Add(script, tx_.outputs.size() - 1);
    }

    void Flush() { scripts_.Flush(); }

private:
    struct StoreHash {
        Transaction& tx;
        void operator()(std::size_t slot, const ScriptHash& hash) {
            tx.outputs[slot].script_hash = hash;
        }
    };

    const Codec& codec_;
    Transaction& tx_;
    ScriptBatch<StoreHash> scripts_;
};

std::string Oversized(const char* what, std::size_t size, std::size_t limit) {
    return std::string(what) + " of " + std::to_string(size) +
           " bytes is larger than the limit of " + std::to_string(limit);
}

/// Reads the count of transactions; nothing if it cannot be right.
std::optional<std::size_t> ReadCount(ByteReader& in, ParseError& error) {
    const std::size_t start = in.Offset();
    const std::uint64_t count = in.CompactSize();
    if (!in.Ok()) {
        error = {in.NotMinimal() ? "transaction count: size not written in its shortest form"
                                 : "transaction count: cut off",
                 start};
    } else if (count == 0) {
        error = {"block without transactions", start};
    } else if (count > in.Left() / kTransactionBytesMin) {
        error = {"transaction count " + std::to_string(count) + " does not fit in the " +
                     std::to_string(in.Left()) + " bytes left",
                 start};
    } else {
        return count;
    }
    return std::nullopt;
}

void MakeRoom(Block& block, std::size_t count, std::size_t bytes) {
    block.txs.resize(count);
    // Most transactions have few inputs and outputs; more only makes the arrays grow.
    block.inputs.reserve(std::min<std::size_t>(count * 3, bytes / kInputBytesMin));
    block.outputs.reserve(std::min<std::size_t>(count * 3, bytes / kOutputBytesMin));
}

ParseError InTransaction(std::size_t number, ParseError error) {
    error.what = "transaction " + std::to_string(number) + ": " + error.what;
    return error;
}

ParseError BytesFollow(const ByteReader& in) {
    return {std::to_string(in.Left()) + " bytes follow the last transaction", in.Offset()};
}

/// Wants to know where transactions lie, and nothing of them.
struct NoSink {
    void Input(const OutPoint&) {}
    void Output(Amount, ByteView) {}
};

bool ReadTransactions(ByteReader& in, Amount money_max, const Codec& codec, Block& block,
                      ParseError& error) {
    TransactionWalk walk(in, money_max);
    BlockSink sink(codec, block);
    TxidBatch txids;
    for (Block::Tx& tx : block.txs) {
        tx.first_input = static_cast<std::uint32_t>(block.inputs.size());
        tx.first_output = static_cast<std::uint32_t>(block.outputs.size());
        TransactionParts parts;
        if (!walk.Next(parts, sink)) {
            error = InTransaction(&tx - block.txs.data(), walk.Error());
            return false;
        }
        tx.offset = static_cast<std::uint32_t>(parts.offset);
        tx.size = static_cast<std::uint32_t>(parts.size);
        tx.input_count = static_cast<std::uint32_t>(block.inputs.size()) - tx.first_input;
        tx.output_count = static_cast<std::uint32_t>(block.outputs.size()) - tx.first_output;
        txids.Add(parts, tx.txid);
    }
    txids.Flush();
    sink.Flush();
    return true;
}

}  // namespace

Parsed<Block> BitcoinCodec::ParseBlock(Bytes raw) const {
    if (raw.size() > rules_.block_bytes_max) {
        return ParseError{Oversized("block", raw.size(), rules_.block_bytes_max), 0};
    }
    const std::optional<std::size_t> header_size = HeaderSize(raw);
    if (!header_size) return ParseError{"header: cut off", raw.size()};

    Block block;
    block.raw = std::move(raw);
    block.header_size = static_cast<std::uint32_t>(*header_size);
    block.hash = HashHeader(block.Header());
    block.previous = PreviousHash(block.Header());
    block.merkle_root = MerkleRoot(block.Header());
    block.time = Time(block.Header());

    ByteReader in(block.raw);
    in.Take(*header_size);
    ParseError error;
    const auto count = ReadCount(in, error);
    if (!count) return error;
    MakeRoom(block, *count, in.Left());
    if (!ReadTransactions(in, rules_.money_max, *this, block, error)) return error;
    if (in.Left() > 0) return BytesFollow(in);
    return block;
}

Parsed<std::vector<std::uint32_t>> BitcoinCodec::TransactionOffsets(ByteView block) const {
    if (block.size() > rules_.block_bytes_max)
        return ParseError{Oversized("block", block.size(), rules_.block_bytes_max), 0};
    ByteReader in(block);
    if (in.Take(HeaderSize(block).value_or(0)).empty())
        return ParseError{"header: cut off", block.size()};
    ParseError error;
    const auto count = ReadCount(in, error);
    if (!count) return error;

    std::vector<std::uint32_t> offsets;
    offsets.reserve(*count + 1);
    TransactionWalk walk(in, rules_.money_max);
    NoSink sink;
    for (std::size_t i = 0; i < *count; ++i) {
        TransactionParts parts;
        if (!walk.Next(parts, sink)) return InTransaction(i, walk.Error());
        offsets.push_back(static_cast<std::uint32_t>(parts.offset));
    }
    if (in.Left() > 0) return BytesFollow(in);
    offsets.push_back(static_cast<std::uint32_t>(in.Offset()));
    return offsets;
}

Parsed<Transaction> BitcoinCodec::ParseTransaction(ByteView raw) const {
    if (raw.size() > rules_.block_bytes_max) {
        return ParseError{Oversized("transaction", raw.size(), rules_.block_bytes_max), 0};
    }
    ByteReader in(raw);
    TransactionWalk walk(in, rules_.money_max);
    Transaction tx;
    TransactionSink sink(*this, tx);
    TransactionParts parts;
    if (!walk.Next(parts, sink)) return walk.Error();
    if (in.Left() > 0) {
        return ParseError{std::to_string(in.Left()) + " bytes follow the transaction", in.Offset()};
    }
    sink.Flush();
    const HashJob txid{{parts.hashed[0], parts.hashed[1], parts.hashed[2]}, tx.txid.bytes.data()};
    Sha256dMany({&txid, 1});
    tx.size = static_cast<std::uint32_t>(parts.size);
    const std::size_t weight = 3 * parts.HashedSize() + parts.size;
    tx.vsize = static_cast<std::uint32_t>((weight + 3) / 4);
    return tx;
}

std::optional<std::size_t> BitcoinCodec::HeaderSize(ByteView bytes) const {
    if (bytes.size() < kHeaderBytes) return std::nullopt;
    return kHeaderBytes;
}

BlockHash BitcoinCodec::HashHeader(ByteView header) const {
    if (header.size() < kHeaderBytes) std::abort();
    return Sha256dAs<BlockHash>(header.first(kHeaderBytes));
}

BlockHash BitcoinCodec::PreviousHash(ByteView header) const {
    return HashAt<BlockHash>(header, kPreviousOffset);
}

MerkleNode BitcoinCodec::MerkleRoot(ByteView header) const {
    return HashAt<MerkleNode>(header, kMerkleRootOffset);
}

std::uint32_t BitcoinCodec::Time(ByteView header) const { return NumberAt(header, kTimeOffset); }

std::uint32_t BitcoinCodec::TargetBits(ByteView header) const {
    return NumberAt(header, kTargetOffset);
}

bool BitcoinCodec::HasProofOfWork(ByteView header) const {
    return MeetsTarget(HashHeader(header), TargetBits(header));
}

bool BitcoinCodec::IsIndexed(ByteView script) const {
    if (script.empty()) return true;
    if (script[0] == kOpReturn) return false;
    return script.size() < 2 || script[0] != 0x00 || script[1] != kOpReturn;
}

}  // namespace amber::index
