#pragma once
#include <array>
#include <cstddef>
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
    using Txids = std::vector<Txid, HugePageAllocator<Txid>>;
    /// The first bytes of a txid.
    using TxidHead = std::array<std::uint8_t, 8>;

    /// `txids` are those of transactions first_num, first_num + 1, ...: the cache looks up the
    /// txids of its outputs there. Borrowed; may grow.
    UtxoCache(const Txids& txids, const TxNum& first_num);

    /// Precondition: the outpoint is not in the cache.
    void Add(const OutPoint& outpoint, const UnspentOutput& output);
    /// Takes the output out; nothing if it is not here.
    std::optional<UnspentOutput> Remove(const OutPoint& outpoint);
    /// Hints of an Add() or Remove() to come, some dozen calls ahead: each would wait for memory
    /// otherwise. The second is for a Remove() only, and later than the first.
    void Prefetch(const OutPoint& outpoint) const;
    void PrefetchTxid(const OutPoint& outpoint) const;
    /// Whether Remove() would find it.
    [[nodiscard]] bool Contains(const OutPoint& outpoint) const;
    /// Takes memory for as many outputs as `max_bytes` hold.
    void Reserve(std::size_t max_bytes);
    /// Outputs that can be added without taking more memory.
    [[nodiscard]] std::size_t Room() const { return MostIn(slots_.size()) - used_; }
    /// Gives the memory back, too.
    void Clear();
    /// Keeps it.
    void Empty();

    /// visit(const TxidHead&, const UnspentOutput&) for all, in no order.
    template <class Visit>
    void ForEach(Visit&& visit) const {
        for (const Slot& slot : slots_) {
            if (!slot.Taken()) continue;
            const auto output = slot.Unpack();
            visit(HeadOf(slot.Fingerprint(), output.index), output);
        }
        for (const auto& [outpoint, output] : collided_)
            visit(HeadOf(FingerprintOf(outpoint), outpoint.index), output);
    }
    [[nodiscard]] std::size_t size() const { return used_ + collided_.size(); }
    [[nodiscard]] std::size_t MemoryBytes() const;

private:
    /// 34 bytes a slot instead of 56: the cache is the largest consumer of a first sync's memory.
    /// All zero where there is no output.
    /// Numbers are little-endian: this never reaches the disk.
    struct Slot {
        std::uint8_t fingerprint[8], hash_x[HashX::kSize], num[5], index[3], value[7];
        static Slot Pack(std::uint64_t fingerprint, const UnspentOutput& output);
        [[nodiscard]] UnspentOutput Unpack() const {
            UnspentOutput output;
            std::memcpy(output.hash_x.bytes.data(), hash_x, HashX::kSize);
            output.num = Num();
            std::memcpy(&output.index, index, sizeof index);
            std::memcpy(&output.value, value, sizeof value);
            output.value &= ~(Amount{kTaken} << 48);
            return output;
        }
        [[nodiscard]] TxNum Num() const {
            TxNum of;
            std::memcpy(&of.value, num, sizeof num);
            return of;
        }
        [[nodiscard]] std::uint64_t Fingerprint() const {
            std::uint64_t bits;
            std::memcpy(&bits, fingerprint, sizeof bits);
            return bits;
        }
        [[nodiscard]] bool Taken() const { return (value[6] & kTaken) != 0; }
        /// Of the last byte: values are below 2^51.
        static constexpr std::uint8_t kTaken = 0x80;
    };
    static_assert(sizeof(Slot) == 34 && alignof(Slot) == 1);

    static std::uint64_t MixedIn(std::uint32_t index) { return index * 0x9e3779b97f4a7c15ull; }
    static std::uint64_t FingerprintOf(const OutPoint& outpoint);
    static TxidHead HeadOf(std::uint64_t fingerprint, std::uint32_t index) {
        TxidHead head;
        const std::uint64_t bits = fingerprint ^ MixedIn(index);
        std::memcpy(head.data(), &bits, sizeof bits);
        return head;
    }
    /// Outputs for which `slots` are enough: with more, the ways get long.
    static std::size_t MostIn(std::size_t slots) { return slots / 10 * 7; }
    [[nodiscard]] std::size_t HomeOf(std::uint64_t fingerprint) const;
    [[nodiscard]] std::size_t After(std::size_t at) const {
        return at + 1 == slots_.size() ? 0 : at + 1;
    }
    /// Where the fingerprint is, or would be put. Precondition: there are slots.
    [[nodiscard]] std::size_t Find(std::uint64_t fingerprint) const;
    void Erase(std::size_t at);
    void Resize(std::size_t slots);
    [[nodiscard]] const Txid& TxidOf(TxNum num) const {
        return txids_[num.value - first_num_.value];
    }
    [[nodiscard]] bool Is(const UnspentOutput& output, const OutPoint& outpoint) const {
        return output.index == outpoint.index && TxidOf(output.num) == outpoint.txid;
    }

    const Txids& txids_;
    const TxNum& first_num_;
    /// Random and odd, so that nobody can choose txids that crowd in one place.
    const std::uint64_t spread_;
    /// Linear probing: an output is in the first free slot after its home, and Erase() closes gaps.
    std::vector<Slot, HugePageAllocator<Slot>> slots_;
    std::size_t used_ = 0;
    std::unordered_map<OutPoint, UnspentOutput> collided_;
};

}  // namespace amber::index
