#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <span>

#include "index/chain/hash_x.h"
#include "index/chain/outpoint.h"
#include "index/chain/strong.h"
#include "index/chain/transaction.h"
#include "index/history_rows.h"
#include "index/tables/h_table.h"
#include "index/tables/history_table.h"
#include "index/tables/spender_table.h"
#include "index/tables/txnum_table.h"
#include "index/tables/u_table.h"
#include "index/utxo_cache.h"

// The rows that a bulk build scatters, as bytes that sort as the tables do. They never outlive the
// build, and so may change with any version.
namespace amber::index::bulk {

/// Bytes written and read one after the other, integers big-endian.
template <std::size_t Size>
struct ScratchRow {
    std::array<std::uint8_t, Size> bytes;

    template <std::size_t At, std::size_t Count>
    void SetInt(std::uint64_t value) {
        static_assert(At + Count <= Size);
        tables::StoreBigEndian<Count>(bytes.data() + At, value);
    }
    template <std::size_t At, std::size_t Count>
    [[nodiscard]] std::uint64_t GetInt() const {
        static_assert(At + Count <= Size);
        return tables::LoadBigEndian<Count>(bytes.data() + At);
    }
    template <std::size_t At, std::size_t Count>
    void SetRaw(const std::uint8_t* data) {
        static_assert(At + Count <= Size);
        std::memcpy(bytes.data() + At, data, Count);
    }
    template <std::size_t At>
    [[nodiscard]] HashX GetScript() const {
        static_assert(At + HashX::kSize <= Size);
        HashX hash_x;
        std::memcpy(hash_x.bytes.data(), bytes.data() + At, HashX::kSize);
        return hash_x;
    }
    [[nodiscard]] std::string_view Text() const {
        return {reinterpret_cast<const char*>(bytes.data()), Size};
    }
    /// The first eight bytes, as a number.
    [[nodiscard]] std::uint64_t Head() const { return Word<0>(); }
    /// Byte order; in words, because sorting is a large part of a build.
    friend bool operator<(const ScratchRow& a, const ScratchRow& b) {
        if (a.Head() != b.Head()) return a.Head() < b.Head();
        constexpr std::size_t kSecond = Size < 16 ? Size - 8 : 8;  // may overlap: that is equal
        const std::uint64_t second_a = a.template Word<kSecond>();
        const std::uint64_t second_b = b.template Word<kSecond>();
        if (second_a != second_b) return second_a < second_b;
        if constexpr (Size <= 16) return false;
        return std::memcmp(a.bytes.data() + 16, b.bytes.data() + 16, Size - 16) < 0;
    }

private:
    template <std::size_t At>
    [[nodiscard]] std::uint64_t Word() const {
        return GetInt<At, 8>();
    }
};

/// The rows in a buffer that was read.
template <class Row>
std::span<Row> AsRows(std::span<std::uint8_t> bytes) {
    static_assert(sizeof(Row) == sizeof(Row::bytes) && alignof(Row) == 1);
    return {reinterpret_cast<Row*>(bytes.data()), bytes.size() / sizeof(Row)};
}

/// What tells an outpoint apart while outputs and spends are matched; 64 bits of a txid collide in
/// a chain of billions with a chance of one in ten, and then whole txids are compared.
inline constexpr std::size_t kMatchPrefix = 8;
inline constexpr std::size_t kMatchSize = kMatchPrefix + tables::kOutputIndexSize;

/// Begins with a match key and a TxNum.
template <std::size_t Rest>
struct OutpointRow : ScratchRow<kMatchSize + 5 + Rest> {
    /// `txid`: at least its first kMatchPrefix bytes.
    void SetOutpoint(const std::uint8_t* txid, std::uint32_t index, TxNum num) {
        this->template SetRaw<0, kMatchPrefix>(txid);
        this->template SetInt<kMatchPrefix, 3>(index);
        this->template SetInt<kMatchSize, 5>(num.value);
    }
    [[nodiscard]] std::uint32_t Index() const {
        return static_cast<std::uint32_t>(this->template GetInt<kMatchPrefix, 3>());
    }
    [[nodiscard]] TxNum Num() const { return {this->template GetInt<kMatchSize, 5>()}; }
};

/// An output that was unspent when it left memory: match key, its TxNum, script, value.
struct CreatedRow : OutpointRow<HashX::kSize + 8> {
    static CreatedRow Make(const UtxoCache::TxidHead& txid, const UnspentOutput& output) {
        static_assert(kMatchPrefix <= std::tuple_size_v<UtxoCache::TxidHead>);
        CreatedRow row;
        row.SetOutpoint(txid.data(), output.index, output.num);
        row.SetRaw<16, HashX::kSize>(output.hash_x.bytes.data());
        row.SetInt<27, 8>(static_cast<std::uint64_t>(output.value));
        return row;
    }
    /// The key of its row of `h`.
    [[nodiscard]] tables::FixedKey<tables::kHKeySize> HKey() const {
        tables::FixedKey<tables::kHKeySize> key;
        key.Raw(bytes.data(), tables::kTxidPrefixSize);
        key.Raw(bytes.data() + kMatchPrefix, tables::kOutputIndexSize + tables::kTxNumSize);
        return key;
    }
    [[nodiscard]] HashX Script() const { return GetScript<16>(); }
    [[nodiscard]] const std::uint8_t* ScriptBytes() const { return bytes.data() + 16; }
    [[nodiscard]] Amount Value() const { return static_cast<Amount>(GetInt<27, 8>()); }
};

/// An input whose output had left memory: match key, TxNum of the spender, the rest of the txid.
/// Or, with `overwrites`, a coinbase: before BIP30 it could repeat a txid, and what was unspent of
/// the one before was lost.
struct SpentRow : OutpointRow<32 - kMatchPrefix + 1> {
    static SpentRow Make(const OutPoint& outpoint, TxNum num, bool overwrites) {
        SpentRow row;
        row.SetOutpoint(outpoint.txid.bytes.data(), outpoint.index, num);
        row.SetRaw<16, 32 - kMatchPrefix>(outpoint.txid.bytes.data() + kMatchPrefix);
        row.SetInt<40, 1>(overwrites ? 1 : 0);
        return row;
    }
    [[nodiscard]] bool Overwrites() const { return GetInt<40, 1>() != 0; }
    [[nodiscard]] Txid FullTxid() const {
        Txid txid;
        std::memcpy(txid.bytes.data(), bytes.data(), kMatchPrefix);
        std::memcpy(txid.bytes.data() + kMatchPrefix, bytes.data() + 16, 32 - kMatchPrefix);
        return txid;
    }
};

/// How the match keys of two rows of either kind compare.
template <class A, class B>
std::strong_ordering CompareMatch(const A& a, const B& b) {
    static_assert(kMatchPrefix == 8);
    if (const auto order = a.Head() <=> b.Head(); order != 0) return order;
    return a.Index() <=> b.Index();
}

/// A transaction that touches a script: as the key of a `history` row.
struct UseRow : ScratchRow<tables::kHistoryKeySize> {
    static UseRow Make(const HashX& hash_x, TxNum num) {
        UseRow row;
        row.SetRaw<0, HashX::kSize>(hash_x.bytes.data());
        row.SetInt<HashX::kSize, 5>(num.value);
        return row;
    }
    [[nodiscard]] TxNum Num() const { return {GetInt<HashX::kSize, 5>()}; }
    [[nodiscard]] bool SameScript(const UseRow& other) const {
        constexpr std::size_t kTail = HashX::kSize - 8;  // overlaps; the overlap is equal
        return GetInt<0, 8>() == other.GetInt<0, 8>() &&
               GetInt<kTail, 8>() == other.GetInt<kTail, 8>();
    }
    [[nodiscard]] std::string_view Key() const { return Text(); }
};

/// The key of a `u` row and its value.
struct UnspentRow : ScratchRow<tables::kUKeySize + 8> {
    static UnspentRow Make(const CreatedRow& created) {
        UnspentRow row;
        row.SetRaw<0, HashX::kSize>(created.ScriptBytes());
        row.SetInt<HashX::kSize, 5>(created.Num().value);
        row.SetInt<16, 3>(created.Index());
        row.SetInt<19, 8>(static_cast<std::uint64_t>(created.Value()));
        return row;
    }
    [[nodiscard]] std::string_view Key() const { return Text().substr(0, tables::kUKeySize); }
    [[nodiscard]] Amount Value() const { return static_cast<Amount>(GetInt<19, 8>()); }
};

/// The key of a `spender` row and its value.
struct SpenderRow : ScratchRow<tables::kSpenderKeySize + 5> {
    static SpenderRow Make(TxNum funder, std::uint32_t index, TxNum spender) {
        SpenderRow row;
        row.SetInt<0, 5>(funder.value);
        row.SetInt<5, 3>(index);
        row.SetInt<8, 5>(spender.value);
        return row;
    }
    [[nodiscard]] std::string_view Key() const { return Text().substr(0, tables::kSpenderKeySize); }
    [[nodiscard]] std::string_view Value() const { return Text().substr(tables::kSpenderKeySize); }
};

/// The key of a `txnum` row.
struct TxNumRow : ScratchRow<tables::kTxNumKeySize> {
    static TxNumRow Make(const Txid& txid, TxNum num) {
        TxNumRow row;
        row.SetRaw<0, tables::kTxidPrefixSize>(txid.bytes.data());
        row.SetInt<tables::kTxidPrefixSize, 5>(num.value);
        return row;
    }
    [[nodiscard]] std::string_view Key() const { return Text(); }
};

/// Spenders sort by the funder's TxNum: the transactions of about half a GB of blocks to a
/// partition.
inline constexpr unsigned kSpenderPartitionBits = 20;  ///< of the number, the last
inline std::size_t SpenderPartitionOf(TxNum funder) {
    return funder.value >> kSpenderPartitionBits;
}

}  // namespace amber::index::bulk
