#pragma once
#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <vector>

#include "index/chain/hash_x.h"
#include "index/chain/outpoint.h"
#include "index/chain/strong.h"
#include "index/chain/transaction.h"
#include "index/huge_page_allocator.h"

namespace amber::index {

/// An unspent output as the tables know it.
struct UnspentOutput {
    TxNum num;
    std::uint32_t index = 0;
    HashX hash_x;
    Amount value = 0;
};

/// The unspent outputs that were created since the last flush, and are in no table yet: most are
/// spent before they would have to be written.
/// Found by a 64-bit fingerprint of the outpoint, confirmed by the whole txid; outputs whose
/// fingerprint is taken go to a small exact map. Thread: sync thread only.
class UtxoCache {
public:
    /// `txids` are those of transactions first_num, first_num + 1, ...: the cache looks up the txids
    /// of its outputs there. Borrowed; may grow.
    UtxoCache(const std::vector<Txid>& txids, const TxNum& first_num)
        : txids_(txids), first_num_(first_num) {}

    /// Precondition: the outpoint is not in the cache.
    void Add(const OutPoint& outpoint, const UnspentOutput& output);
    /// Takes the output out; nothing if it is not here.
    std::optional<UnspentOutput> Remove(const OutPoint& outpoint);
    /// Whether Remove() would find it.
    [[nodiscard]] bool Contains(const OutPoint& outpoint) const;
    /// Takes memory for as many outputs as `max_bytes` hold.
    void Reserve(std::size_t max_bytes);
    /// Outputs that can be added without taking more memory.
    [[nodiscard]] std::size_t Room() const {
        const std::size_t most = slots_.max_load();
        return most - std::min(most, slots_.size());
    }
    /// Gives the memory back, too.
    void Clear();

    /// visit(const Txid&, const UnspentOutput&) for all, in no order.
    template <class Visit>
    void ForEach(Visit&& visit) const {
        for (const auto& [key, packed] : slots_) {
            const auto output = packed.Unpack();
            visit(TxidOf(output.num), output);
        }
        for (const auto& [outpoint, output] : collided_) visit(outpoint.txid, output);
    }
    [[nodiscard]] std::size_t size() const { return slots_.size() + collided_.size(); }
    [[nodiscard]] std::size_t MemoryBytes() const;

private:
    /// 34 bytes a slot instead of 56: the cache is the largest consumer of a first sync's memory.
    struct Fingerprint {
        std::uint8_t bytes[8];
        bool operator==(const Fingerprint&) const = default;
    };
    struct FingerprintHash {
        using is_avalanching = void;
        std::size_t operator()(const Fingerprint& f) const {
            std::size_t value;
            std::memcpy(&value, f.bytes, sizeof value);
            return value;
        }
    };
    struct Packed {
        std::uint8_t hash_x[HashX::kSize], num[5], index[3], value[7];
        static Packed Pack(const UnspentOutput& output);
        [[nodiscard]] UnspentOutput Unpack() const;
    };
    static_assert(sizeof(Packed) == 26);

    static Fingerprint FingerprintOf(const OutPoint& outpoint);
    [[nodiscard]] const Txid& TxidOf(TxNum num) const { return txids_[num.value - first_num_.value]; }
    [[nodiscard]] bool Is(const UnspentOutput& output, const OutPoint& outpoint) const {
        return output.index == outpoint.index && TxidOf(output.num) == outpoint.txid;
    }

    const std::vector<Txid>& txids_;
    const TxNum& first_num_;
    boost::unordered_flat_map<Fingerprint, Packed, FingerprintHash, std::equal_to<Fingerprint>,
                              HugePageAllocator<std::pair<const Fingerprint, Packed>>>
        slots_;
    std::unordered_map<OutPoint, UnspentOutput> collided_;
};

}  // namespace amber::index
