#include "index/chain/address.h"

#include <algorithm>
#include <iterator>

#include "index/chain/base58.h"
#include "index/chain/bech32.h"

namespace amber::index {
namespace {

// The standard scripts with a hash in the middle: what stands before it, and after.
constexpr std::uint8_t kHashBytes = 20;
constexpr std::uint8_t kP2pkhHead[] = {0x76, 0xa9, kHashBytes};  // OP_DUP OP_HASH160 push
constexpr std::uint8_t kP2pkhTail[] = {0x88, 0xac};              // OP_EQUALVERIFY OP_CHECKSIG
constexpr std::uint8_t kP2shHead[] = {0xa9, kHashBytes};         // OP_HASH160 push
constexpr std::uint8_t kP2shTail[] = {0x87};                     // OP_EQUAL

constexpr std::uint8_t kOp1 = 0x51;

Bytes Join(ByteView head, ByteView hash, ByteView tail) {
    Bytes script(head.begin(), head.end());
    script.insert(script.end(), hash.begin(), hash.end());
    script.insert(script.end(), tail.begin(), tail.end());
    return script;
}

/// The hash between head and tail, if `script` has that form.
std::optional<ByteView> HashBetween(ByteView head, ByteView tail, ByteView script) {
    if (script.size() != head.size() + kHashBytes + tail.size()) return std::nullopt;
    if (!std::ranges::equal(script.first(head.size()), head)) return std::nullopt;
    if (!std::ranges::equal(script.last(tail.size()), tail)) return std::nullopt;
    return script.subspan(head.size(), kHashBytes);
}

std::string LegacyAddress(std::uint8_t version, ByteView hash) {
    return EncodeBase58Check(Join({&version, 1}, hash, {}));
}

Bytes WitnessScript(const WitnessProgram& witness) {
    const std::uint8_t head[] = {
        static_cast<std::uint8_t>(witness.version == 0 ? 0 : kOp1 + witness.version - 1),
        static_cast<std::uint8_t>(witness.program.size())};
    return Join(head, witness.program, {});
}

}  // namespace

std::optional<Bytes> ScriptOfAddress(std::string_view address, const AddressFormat& format) {
    if (auto witness = DecodeSegwitAddress(address, format.bech32_hrp)) {
        return WitnessScript(*witness);
    }
    const std::optional<Bytes> payload = DecodeBase58Check(address);
    if (!payload || payload->size() != 1 + kHashBytes) return std::nullopt;
    const ByteView hash = ByteView(*payload).subspan(1);
    if (payload->front() == format.p2pkh_version) return Join(kP2pkhHead, hash, kP2pkhTail);
    if (payload->front() == format.p2sh_version) return Join(kP2shHead, hash, kP2shTail);
    return std::nullopt;
}

std::optional<std::string> AddressOfScript(ByteView script, const AddressFormat& format) {
    if (const auto hash = HashBetween(kP2pkhHead, kP2pkhTail, script)) {
        return LegacyAddress(format.p2pkh_version, *hash);
    }
    if (const auto hash = HashBetween(kP2shHead, kP2shTail, script)) {
        return LegacyAddress(format.p2sh_version, *hash);
    }
    if (script.size() < 2 || script[1] != script.size() - 2) return std::nullopt;
    if (script[0] != 0 && script[0] < kOp1) return std::nullopt;
    const int version = script[0] == 0 ? 0 : script[0] - kOp1 + 1;
    if (!IsValidWitnessProgram(version, script.size() - 2)) return std::nullopt;
    return EncodeSegwitAddress(format.bech32_hrp, version, script.subspan(2));
}

}  // namespace amber::index
