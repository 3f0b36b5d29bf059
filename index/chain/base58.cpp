#include "index/chain/base58.h"

#include <algorithm>

#include "index/chain/sha256.h"

namespace amber::index {
namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kChecksumBytes = 4;
/// The work grows with the square of the length; no address is nearly as long.
constexpr std::size_t kTextMax = 128;

/// Multiplies a little-endian number in base `base` and adds to it; grows it as needed.
void MultiplyAdd(Bytes& number, unsigned factor, unsigned addend, unsigned base) {
    for (std::uint8_t& digit : number) {
        addend += digit * factor;
        digit = static_cast<std::uint8_t>(addend % base);
        addend /= base;
    }
    for (; addend > 0; addend /= base) number.push_back(static_cast<std::uint8_t>(addend % base));
}

Bytes Checksum(ByteView payload) {
    std::uint8_t hash[32];
    Sha256Twice(payload, hash);
    return Bytes(hash, hash + kChecksumBytes);
}

}  // namespace

std::string EncodeBase58Check(ByteView payload) {
    Bytes whole(payload.begin(), payload.end());
    const Bytes checksum = Checksum(payload);
    whole.insert(whole.end(), checksum.begin(), checksum.end());

    const auto zeros = std::find_if(whole.begin(), whole.end(), [](auto b) { return b != 0; });
    Bytes digits;
    for (auto byte = zeros; byte != whole.end(); ++byte) MultiplyAdd(digits, 256, *byte, 58);
    std::string text(static_cast<std::size_t>(zeros - whole.begin()), kAlphabet[0]);
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) text += kAlphabet[*digit];
    return text;
}

std::optional<Bytes> DecodeBase58Check(std::string_view text) {
    if (text.size() > kTextMax) return std::nullopt;
    Bytes number;
    for (const char c : text) {
        const std::size_t digit = kAlphabet.find(c);
        if (digit == kAlphabet.npos) return std::nullopt;
        MultiplyAdd(number, 58, static_cast<unsigned>(digit), 256);
    }
    Bytes whole(std::min(text.find_first_not_of(kAlphabet[0]), text.size()), 0);
    whole.insert(whole.end(), number.rbegin(), number.rend());

    if (whole.size() < kChecksumBytes) return std::nullopt;
    const ByteView payload = ByteView(whole).first(whole.size() - kChecksumBytes);
    if (!std::ranges::equal(Checksum(payload), ByteView(whole).last(kChecksumBytes))) {
        return std::nullopt;
    }
    return Bytes(payload.begin(), payload.end());
}

}  // namespace amber::index
