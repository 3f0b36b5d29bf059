#pragma once
#include <algorithm>
#include <array>
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
        for (std::size_t i = 0; i < Count; ++i)
            bytes[At + i] = static_cast<std::uint8_t>(value >> (8 * (Count - 1 - i)));
    }
    template <std::size_t At, std::size_t Count>
    [[nodiscard]] std::uint64_t GetInt() const {
        static_assert(At + Count <= Size);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < Count; ++i) value = value << 8 | bytes[At + i];
        return value;
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
    /// Byte order; in words, because sorting is a large part of a build.
    friend bool operator<(const ScratchRow& a, const ScratchRow& b) {
        if (a.Word(0) != b.Word(0)) return a.Word(0) < b.Word(0);
        constexpr std::size_t kSecond = Size < 16 ? Size - 8 : 8;  // may overlap: that is equal
        if (a.Word(kSecond) != b.Word(kSecond)) return a.Word(kSecond) < b.Word(kSecond);
        if constexpr (Size <= 16) return false;
        return std::memcmp(a.bytes.data() + 16, b.bytes.data() + 16, Size - 16) < 0;
    }

private:
    [[nodiscard]] std::uint64_t Word(std::size_t at) const {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        return __builtin_bswap64(word);
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

/// An output that was unspent when it left memory: match key, its TxNum, script, value.
struct CreatedRow : ScratchRow<kMatchSize + 5 + HashX::kSize + 8> {
    static CreatedRow Make(const Txid& txid, std::uint32_t index, TxNum num, const HashX& hash_x,
                           Amount value) {
        CreatedRow row;
        row.SetRaw<0, kMatchPrefix>(txid.bytes.data());
        row.SetInt<kMatchPrefix, 3>(index);
        row.SetInt<kMatchSize, 5>(num.value);
        row.SetRaw<16, HashX::kSize>(hash_x.bytes.data());
        row.SetInt<27, 8>(static_cast<std::uint64_t>(value));
        return row;
    }
    [[nodiscard]] std::uint32_t Index() const {
        return static_cast<std::uint32_t>(GetInt<kMatchPrefix, 3>());
    }
    [[nodiscard]] TxNum Num() const { return {GetInt<kMatchSize, 5>()}; }
    [[nodiscard]] HashX Script() const { return GetScript<16>(); }
    [[nodiscard]] Amount Value() const { return static_cast<Amount>(GetInt<27, 8>()); }
};

/// An input whose output had left memory: match key, TxNum of the spender, the rest of the txid.
/// Or, with `overwrites`, a coinbase: before BIP30 it could repeat a txid, and what was unspent of
/// the one before was lost.
struct SpentRow : ScratchRow<kMatchSize + 5 + 32 - kMatchPrefix + 1> {
    static SpentRow Make(const OutPoint& outpoint, TxNum num, bool overwrites) {
        SpentRow row;
        row.SetRaw<0, kMatchPrefix>(outpoint.txid.bytes.data());
        row.SetInt<kMatchPrefix, 3>(outpoint.index);
        row.SetInt<kMatchSize, 5>(num.value);
        row.SetRaw<16, 32 - kMatchPrefix>(outpoint.txid.bytes.data() + kMatchPrefix);
        row.SetInt<40, 1>(overwrites ? 1 : 0);
        return row;
    }
    [[nodiscard]] std::uint32_t Index() const {
        return static_cast<std::uint32_t>(GetInt<kMatchPrefix, 3>());
    }
    [[nodiscard]] TxNum Num() const { return {GetInt<kMatchSize, 5>()}; }
    [[nodiscard]] bool Overwrites() const { return GetInt<40, 1>() != 0; }
    [[nodiscard]] Txid FullTxid() const {
        Txid txid;
        std::memcpy(txid.bytes.data(), bytes.data(), kMatchPrefix);
        std::memcpy(txid.bytes.data() + kMatchPrefix, bytes.data() + 16, 32 - kMatchPrefix);
        return txid;
    }
};

/// Below 0, 0 or above: how the match keys of two rows of either kind compare.
template <class A, class B>
int CompareMatch(const A& a, const B& b) {
    return std::memcmp(a.bytes.data(), b.bytes.data(), kMatchSize);
}

/// A transaction that touches a script: as the key of a `history` row.
struct UseRow : ScratchRow<tables::kHistoryKeySize> {
    static UseRow Make(const HashX& hash_x, TxNum num) {
        UseRow row;
        row.SetRaw<0, HashX::kSize>(hash_x.bytes.data());
        row.SetInt<HashX::kSize, 5>(num.value);
        return row;
    }
    [[nodiscard]] ScriptUse Use() const { return {GetScript<0>(), {GetInt<HashX::kSize, 5>()}}; }
};

/// The key of a `u` row and its value.
struct UnspentRow : ScratchRow<tables::kUKeySize + 8> {
    static UnspentRow Make(const CreatedRow& created) {
        UnspentRow row;
        row.SetRaw<0, HashX::kSize>(created.Script().bytes.data());
        row.SetInt<HashX::kSize, 5>(created.Num().value);
        row.SetInt<16, 3>(created.Index());
        row.SetInt<19, 8>(static_cast<std::uint64_t>(created.Value()));
        return row;
    }
    [[nodiscard]] HashX Script() const { return GetScript<0>(); }
    [[nodiscard]] TxNum Num() const { return {GetInt<HashX::kSize, 5>()}; }
    [[nodiscard]] std::uint32_t Index() const { return static_cast<std::uint32_t>(GetInt<16, 3>()); }
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
    [[nodiscard]] TxNum Funder() const { return {GetInt<0, 5>()}; }
    [[nodiscard]] std::uint32_t Index() const { return static_cast<std::uint32_t>(GetInt<5, 3>()); }
    [[nodiscard]] TxNum Spender() const { return {GetInt<8, 5>()}; }
};

/// The key of a `txnum` row.
struct TxNumRow : ScratchRow<tables::kTxNumKeySize> {
    static TxNumRow Make(const Txid& txid, TxNum num) {
        TxNumRow row;
        row.SetRaw<0, tables::kTxidPrefixSize>(txid.bytes.data());
        row.SetInt<tables::kTxidPrefixSize, 5>(num.value);
        return row;
    }
    [[nodiscard]] std::string_view Key() const {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

/// By the leading 9 bits: keys of a partition all come before those of the next.
inline constexpr std::size_t kPartitions = 512;
inline std::size_t PartitionOf(const std::uint8_t* bytes) {
    return std::size_t{bytes[0]} << 1 | bytes[1] >> 7;
}
/// Spenders sort by the funder's TxNum: the transactions of about half a GB of blocks to a partition.
inline std::size_t SpenderPartitionOf(TxNum funder) { return funder.value >> 20; }

}  // namespace amber::index::bulk
