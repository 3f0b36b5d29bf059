#include "tests/generator/taproot.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "index/chain/sha256.h"
#include "tests/generator/byte_writer.h"

namespace amber::generator {
namespace {

using Digest = std::array<std::uint8_t, 32>;
constexpr std::uint8_t kTapscript = 0xc0;  // leaf version

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using Point = std::unique_ptr<EC_POINT, Freer<EC_POINT_free>>;
using Group = std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>>;

void Require(bool condition) {
    if (!condition) throw std::runtime_error("OpenSSL refused a curve operation");
}

constexpr Digest kInternalKey = {0x50, 0x92, 0x9b, 0x74, 0xc1, 0xa0, 0x49, 0x54, 0xb7, 0x8b, 0x4b,
                                 0x60, 0x35, 0xe9, 0x7a, 0x5e, 0x07, 0x8a, 0x5a, 0x0f, 0x28, 0xec,
                                 0x96, 0xd5, 0x47, 0xbf, 0xee, 0x9a, 0xce, 0x80, 0x3a, 0xc0};

Digest Sha256Of(ByteView data) {
    Digest digest;
    index::Sha256Once(data, digest.data());
    return digest;
}

/// BIP340's tagged hash.
Digest TaggedHash(std::string_view tag, ByteView message) {
    const auto tag_hash = Sha256Of({reinterpret_cast<const std::uint8_t*>(tag.data()), tag.size()});
    Bytes text;
    ByteWriter w(text);
    w.Raw(tag_hash);
    w.Raw(tag_hash);
    w.Raw(message);
    return Sha256Of(text);
}

Digest Tweak(ByteView script) {
    Bytes leaf;
    ByteWriter leaf_writer(leaf);
    leaf_writer.U8(kTapscript);
    leaf_writer.Sized(script);
    Bytes text(kInternalKey.begin(), kInternalKey.end());
    ByteWriter(text).Raw(TaggedHash("TapLeaf", leaf));
    return TaggedHash("TapTweak", text);
}

TaprootOutput Compute(ByteView script) {
    static const Group group(EC_GROUP_new_by_curve_name(NID_secp256k1));
    Require(group != nullptr);
    const auto tweak = Tweak(script);
    const Number x(BN_bin2bn(kInternalKey.data(), 32, nullptr));
    const Number scalar(BN_bin2bn(tweak.data(), 32, nullptr));
    const Number one(BN_bin2bn(reinterpret_cast<const unsigned char*>("\1"), 1, nullptr));
    const Point internal(EC_POINT_new(group.get())), output(EC_POINT_new(group.get()));
    // Even y, as BIP341 reads a 32-byte key; then output = tweak * G + internal.
    Require(EC_POINT_set_compressed_coordinates(group.get(), internal.get(), x.get(), 0, nullptr));
    Require(
        EC_POINT_mul(group.get(), output.get(), scalar.get(), internal.get(), one.get(), nullptr));
    std::array<std::uint8_t, 33> compressed;
    Require(EC_POINT_point2oct(group.get(), output.get(), POINT_CONVERSION_COMPRESSED,
                               compressed.data(), compressed.size(), nullptr) == 33);

    TaprootOutput result;
    std::copy(compressed.begin() + 1, compressed.end(), result.output_key.begin());
    result.control_block[0] = static_cast<std::uint8_t>(kTapscript | (compressed[0] & 1));
    std::copy(kInternalKey.begin(), kInternalKey.end(), result.control_block.begin() + 1);
    return result;
}

}  // namespace

const TaprootOutput& TaprootOfScript(ByteView script) {
    thread_local std::map<Bytes, TaprootOutput> known;
    const auto [entry, is_new] = known.try_emplace(Bytes(script.begin(), script.end()));
    if (is_new) entry->second = Compute(script);
    return entry->second;
}

}  // namespace amber::generator
