#include "index/utxo_cache.h"

#include <utility>

namespace amber::index {

namespace {

template <std::size_t Size>
void PackInt(std::uint8_t (&out)[Size], std::uint64_t value) {
    std::memcpy(out, &value, Size);  // little-endian: this never reaches the disk
}
template <std::size_t Size>
std::uint64_t UnpackInt(const std::uint8_t (&in)[Size]) {
    std::uint64_t value = 0;
    std::memcpy(&value, in, Size);
    return value;
}

}  // namespace

UtxoCache::Packed UtxoCache::Packed::Pack(const UnspentOutput& output) {
    Packed packed;
    std::memcpy(packed.hash_x, output.hash_x.bytes.data(), HashX::kSize);
    PackInt(packed.num, output.num.value);
    PackInt(packed.index, output.index);
    PackInt(packed.value, static_cast<std::uint64_t>(output.value));
    return packed;
}

UnspentOutput UtxoCache::Packed::Unpack() const {
    UnspentOutput output;
    std::memcpy(output.hash_x.bytes.data(), hash_x, HashX::kSize);
    output.num = {UnpackInt(num)};
    output.index = static_cast<std::uint32_t>(UnpackInt(index));
    output.value = static_cast<Amount>(UnpackInt(value));
    return output;
}

UtxoCache::Fingerprint UtxoCache::FingerprintOf(const OutPoint& outpoint) {
    std::uint64_t bits;
    std::memcpy(&bits, outpoint.txid.bytes.data(), sizeof bits);
    bits ^= outpoint.index * 0x9e3779b97f4a7c15ull;
    Fingerprint fingerprint;
    std::memcpy(fingerprint.bytes, &bits, sizeof bits);
    return fingerprint;
}

void UtxoCache::Add(const OutPoint& outpoint, const UnspentOutput& output) {
    const auto [slot, inserted] = slots_.try_emplace(FingerprintOf(outpoint), Packed::Pack(output));
    if (!inserted) collided_.emplace(outpoint, output);
}

std::optional<UnspentOutput> UtxoCache::Remove(const OutPoint& outpoint) {
    if (const auto slot = slots_.find(FingerprintOf(outpoint)); slot != slots_.end()) {
        const auto output = slot->second.Unpack();
        if (Is(output, outpoint)) {
            slots_.erase(slot);
            return output;
        }
    }
    if (collided_.empty()) return std::nullopt;
    const auto node = collided_.extract(outpoint);
    if (node.empty()) return std::nullopt;
    return node.mapped();
}

bool UtxoCache::Contains(const OutPoint& outpoint) const {
    const auto slot = slots_.find(FingerprintOf(outpoint));
    if (slot != slots_.end() && Is(slot->second.Unpack(), outpoint)) return true;
    return !collided_.empty() && collided_.contains(outpoint);
}

void UtxoCache::Reserve(std::size_t max_bytes) {
    constexpr std::size_t kLeast = 1000;
    std::size_t outputs = max_bytes / (sizeof(Fingerprint) + sizeof(Packed) + 2);
    slots_.reserve(kLeast);
    // It grows by doubling: the largest step that still fits.
    for (std::size_t step = slots_.bucket_count(); step <= outputs; step *= 2)
        slots_.reserve(static_cast<std::size_t>(static_cast<double>(step) * slots_.max_load_factor()));
}

void UtxoCache::Clear() {
    slots_ = {};
    collided_ = {};
}

std::size_t UtxoCache::MemoryBytes() const {
    // One byte of metadata a slot; 15 slots to a group of 16 bytes.
    return slots_.bucket_count() * (sizeof(Fingerprint) + sizeof(Packed) + 2) +
           collided_.size() * 120;
}

}  // namespace amber::index
