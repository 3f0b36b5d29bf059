#include "daemon_client/block_files/compressed_output.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <array>
#include <limits>
#include <memory>

namespace amber::daemon_client {

using index::ByteReader;
using index::Bytes;
using index::ByteView;

namespace {

constexpr std::uint8_t kOpDup = 0x76, kOpEqual = 0x87, kOpEqualVerify = 0x88, kOpHash160 = 0xa9,
                       kOpChecksig = 0xac, kOpReturn = 0x6a;
constexpr std::uint64_t kSpecialScripts = 6;
/// A longer one can never be spent: Core forgets it and writes OP_RETURN instead.
constexpr std::uint64_t kScriptBytesMax = 10'000;

using UncompressedKey = std::array<std::uint8_t, 65>;

/// Both coordinates of the point with this x whose y is even (`first` 2) or odd (3).
std::optional<UncompressedKey> Uncompress(std::uint8_t first, ByteView x) {
    static const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(
        EC_GROUP_new_by_curve_name(NID_secp256k1), EC_GROUP_free);
    const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> point(EC_POINT_new(group.get()),
                                                                    EC_POINT_free);
    std::array<std::uint8_t, 33> key{first};
    std::ranges::copy(x, key.begin() + 1);
    UncompressedKey both;
    const bool ok =
        EC_POINT_oct2point(group.get(), point.get(), key.data(), key.size(), nullptr) == 1 &&
        EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, both.data(),
                           both.size(), nullptr) == both.size();
    if (ok) return both;
    ERR_clear_error();
    return std::nullopt;
}

void Append(Bytes& out, std::initializer_list<std::uint8_t> before, ByteView bytes,
            std::initializer_list<std::uint8_t> after) {
    out.insert(out.end(), before);
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.insert(out.end(), after);
}

}  // namespace

std::uint64_t ReadVarint(ByteReader& in) {
    std::uint64_t number = 0;
    for (;;) {
        const std::uint8_t byte = in.U8();
        if (!in.Ok()) return 0;
        if (number > std::numeric_limits<std::uint64_t>::max() >> 7) break;
        number = number << 7 | (byte & 0x7f);
        if ((byte & 0x80) == 0) return number;
        if (number == std::numeric_limits<std::uint64_t>::max()) break;
        ++number;
    }
    in.Fail();
    return 0;
}

std::optional<index::Amount> DecompressAmount(std::uint64_t amount) {
    if (amount == 0) return 0;
    --amount;
    std::uint64_t zeros = amount % 10;
    amount /= 10;
    std::uint64_t value = amount + 1;
    if (zeros < 9) value = amount / 9 * 10 + amount % 9 + 1;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    for (; zeros > 0; --zeros) {
        if (value > kMost / 10) return std::nullopt;
        value *= 10;
    }
    if (value > kMost) return std::nullopt;
    return static_cast<index::Amount>(value);
}

void ReadCompressedScript(ByteReader& in, Bytes& out) {
    const std::uint64_t kind = ReadVarint(in);
    if (!in.Ok()) return;
    const auto first = static_cast<std::uint8_t>(kind);
    if (kind >= kSpecialScripts) {
        const std::uint64_t size = kind - kSpecialScripts;
        const ByteView script = in.Take(size);
        if (size > kScriptBytesMax)
            out.push_back(kOpReturn);
        else
            Append(out, {}, script, {});
        return;
    }
    const ByteView bytes = in.Take(kind < 2 ? 20 : 32);
    if (!in.Ok()) return;
    switch (kind) {
        case 0:
            return Append(out, {kOpDup, kOpHash160, 20}, bytes, {kOpEqualVerify, kOpChecksig});
        case 1:
            return Append(out, {kOpHash160, 20}, bytes, {kOpEqual});
        case 2:
        case 3:
            return Append(out, {33, first}, bytes, {kOpChecksig});
        default:
            if (const auto key = Uncompress(first - 2, bytes))
                return Append(out, {65}, *key, {kOpChecksig});
            in.Fail();
    }
}

}  // namespace amber::daemon_client
