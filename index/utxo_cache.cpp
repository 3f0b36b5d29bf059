#include "index/utxo_cache.h"

#include <algorithm>
#include <random>
#include <utility>

namespace amber::index {

namespace {

template <std::size_t Size>
void PackInt(std::uint8_t (&out)[Size], std::uint64_t value) {
    std::memcpy(out, &value, Size);
}
}  // namespace

UtxoCache::Slot UtxoCache::Slot::Pack(std::uint64_t fingerprint, const UnspentOutput& output) {
    Slot slot;
    std::memcpy(slot.fingerprint, &fingerprint, sizeof fingerprint);
    std::memcpy(slot.hash_x, output.hash_x.bytes.data(), HashX::kSize);
    PackInt(slot.num, output.num.value);
    PackInt(slot.index, output.index);
    PackInt(slot.value, static_cast<std::uint64_t>(output.value));
    slot.value[6] |= kTaken;
    return slot;
}

UtxoCache::UtxoCache(const Txids& txids, const TxNum& first_num)
    : txids_(txids),
      first_num_(first_num),
      spread_((std::uint64_t{std::random_device()()} << 32 | std::random_device()()) | 1) {}

std::uint64_t UtxoCache::FingerprintOf(const OutPoint& outpoint) {
    std::uint64_t bits;
    std::memcpy(&bits, outpoint.txid.bytes.data(), sizeof bits);
    return bits ^ MixedIn(outpoint.index);
}

std::size_t UtxoCache::HomeOf(std::uint64_t fingerprint) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>(Wide{fingerprint * spread_} * slots_.size() >> 64);
}

std::size_t UtxoCache::Find(std::uint64_t fingerprint) const {
    std::size_t at = HomeOf(fingerprint);
    while (slots_[at].Taken() && slots_[at].Fingerprint() != fingerprint) at = After(at);
    return at;
}

void UtxoCache::Add(const OutPoint& outpoint, const UnspentOutput& output) {
    constexpr std::size_t kLeast = 1000;
    if (used_ == MostIn(slots_.size())) Resize(std::max(kLeast, 2 * slots_.size()));
    const std::uint64_t fingerprint = FingerprintOf(outpoint);
    Slot& slot = slots_[Find(fingerprint)];
    if (slot.Taken()) {
        collided_.emplace(outpoint, output);
        return;
    }
    slot = Slot::Pack(fingerprint, output);
    ++used_;
}

std::optional<UnspentOutput> UtxoCache::Remove(const OutPoint& outpoint) {
    if (used_ > 0) {
        const std::size_t at = Find(FingerprintOf(outpoint));
        if (slots_[at].Taken()) {
            const auto output = slots_[at].Unpack();
            if (Is(output, outpoint)) {
                Erase(at);
                return output;
            }
        }
    }
    if (collided_.empty()) return std::nullopt;
    const auto node = collided_.extract(outpoint);
    if (node.empty()) return std::nullopt;
    return node.mapped();
}

void UtxoCache::Erase(std::size_t at) {
    std::size_t gap = at;
    const auto distance = [this](std::size_t from, std::size_t to) {
        return to >= from ? to - from : to + slots_.size() - from;
    };
    for (at = After(at); slots_[at].Taken(); at = After(at)) {
        if (distance(HomeOf(slots_[at].Fingerprint()), at) < distance(gap, at)) continue;
        slots_[gap] = slots_[at];
        gap = at;
    }
    slots_[gap] = {};
    --used_;
}

void UtxoCache::Prefetch(const OutPoint& outpoint) const {
    if (slots_.empty()) return;
    const Slot* home = &slots_[HomeOf(FingerprintOf(outpoint))];
    __builtin_prefetch(home, 1);
    __builtin_prefetch(home + 1, 1);  // most ways end there
}

void UtxoCache::PrefetchTxid(const OutPoint& outpoint) const {
    if (used_ == 0) return;
    const Slot& slot = slots_[Find(FingerprintOf(outpoint))];
    if (slot.Taken()) __builtin_prefetch(&TxidOf(slot.Num()));
}

bool UtxoCache::Contains(const OutPoint& outpoint) const {
    if (used_ > 0) {
        const Slot& slot = slots_[Find(FingerprintOf(outpoint))];
        if (slot.Taken() && Is(slot.Unpack(), outpoint)) return true;
    }
    return !collided_.empty() && collided_.contains(outpoint);
}

void UtxoCache::Reserve(std::size_t max_bytes) {
    constexpr std::size_t kLeast = 1000;
    Resize(std::max({kLeast, max_bytes / sizeof(Slot), slots_.size()}));
}

void UtxoCache::Resize(std::size_t slots) {
    const auto old = std::exchange(slots_, decltype(slots_)(slots));
    for (const Slot& slot : old)
        if (slot.Taken()) slots_[Find(slot.Fingerprint())] = slot;
}

void UtxoCache::Clear() {
    slots_ = decltype(slots_)();
    used_ = 0;
    collided_ = {};
}

void UtxoCache::Empty() {
    if (used_ > 0) std::memset(static_cast<void*>(slots_.data()), 0, slots_.size() * sizeof(Slot));
    used_ = 0;
    collided_ = {};
}

std::size_t UtxoCache::MemoryBytes() const {
    return slots_.size() * sizeof(Slot) + collided_.size() * 120;
}

}  // namespace amber::index
