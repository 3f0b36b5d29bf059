#include "index/chain/bech32.h"

#include <algorithm>

namespace amber::index {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumDigits = 6;
constexpr std::size_t kAddressMax = 90;

/// What the checksum polynomial must leave: tells the two variants apart.
constexpr std::uint32_t kBech32 = 1;
constexpr std::uint32_t kBech32m = 0x2bc830a3;

std::uint32_t VariantOf(int version) { return version == 0 ? kBech32 : kBech32m; }

/// Remainder of the BCH code over GF(32), fed one 5-bit digit at a time.
class Polymod {
public:
    void Add(std::uint8_t digit) {
        constexpr std::uint32_t kGenerator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                 0x2a1462b3};
        const std::uint32_t top = value_ >> 25;
        value_ = (value_ & 0x1ffffff) << 5 ^ digit;
        for (int bit = 0; bit < 5; ++bit) {
            if (top >> bit & 1) value_ ^= kGenerator[bit];
        }
    }
    void AddPrefix(std::string_view hrp) {
        for (const char c : hrp) Add(static_cast<std::uint8_t>(c) >> 5);
        Add(0);
        for (const char c : hrp) Add(static_cast<std::uint8_t>(c) & 31);
    }
    [[nodiscard]] std::uint32_t Value() const { return value_; }

private:
    std::uint32_t value_ = 1;
};

Bytes ToFiveBits(ByteView bytes) {
    Bytes digits;
    unsigned pool = 0, bits = 0;
    for (const std::uint8_t byte : bytes) {
        pool = (pool << 8 | byte) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5) digits.push_back(pool >> (bits - 5) & 31);
    }
    if (bits > 0) digits.push_back(pool << (5 - bits) & 31);
    return digits;
}

/// Nothing if more than four bits are left over, or any that is not zero.
std::optional<Bytes> ToBytes(ByteView digits) {
    Bytes bytes;
    unsigned pool = 0, bits = 0;
    for (const std::uint8_t digit : digits) {
        pool = (pool << 5 | digit) & 0xfff;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<std::uint8_t>(pool >> bits));
    }
    if (bits >= 5 || (pool & ((1u << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

/// Lower-case copy; nothing for mixed case or a character that is not printable ASCII.
std::optional<std::string> OneCase(std::string_view text) {
    bool lower = false, upper = false;
    std::string result;
    for (const char c : text) {
        if (c < 33 || c > 126) return std::nullopt;
        lower |= c >= 'a' && c <= 'z';
        upper |= c >= 'A' && c <= 'Z';
        result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (lower && upper) return std::nullopt;
    return result;
}

}  // namespace

bool IsValidWitnessProgram(int version, std::size_t program_size) {
    if (version < 0 || version > 16) return false;
    if (version == 0) return program_size == 20 || program_size == 32;
    return program_size >= 2 && program_size <= 40;
}

std::string EncodeSegwitAddress(std::string_view hrp, int version, ByteView program) {
    Bytes digits = ToFiveBits(program);
    digits.insert(digits.begin(), static_cast<std::uint8_t>(version));
    Polymod polymod;
    polymod.AddPrefix(hrp);
    for (const std::uint8_t digit : digits) polymod.Add(digit);
    for (std::size_t i = 0; i < kChecksumDigits; ++i) polymod.Add(0);
    const std::uint32_t checksum = polymod.Value() ^ VariantOf(version);
    for (int shift = 25; shift >= 0; shift -= 5) digits.push_back(checksum >> shift & 31);

    std::string address(hrp);
    address += '1';
    for (const std::uint8_t digit : digits) address += kAlphabet[digit];
    return address;
}

std::optional<WitnessProgram> DecodeSegwitAddress(std::string_view address, std::string_view hrp) {
    if (address.size() > kAddressMax) return std::nullopt;
    const std::optional<std::string> text = OneCase(address);
    if (!text || text->size() < hrp.size() + 2 + kChecksumDigits) return std::nullopt;
    if (!text->starts_with(hrp) || (*text)[hrp.size()] != '1') return std::nullopt;

    Bytes digits;
    Polymod polymod;
    polymod.AddPrefix(hrp);
    for (const char c : std::string_view(*text).substr(hrp.size() + 1)) {
        const std::size_t digit = kAlphabet.find(c);
        if (digit == kAlphabet.npos) return std::nullopt;
        digits.push_back(static_cast<std::uint8_t>(digit));
        polymod.Add(digits.back());
    }
    const int version = digits.front();
    if (polymod.Value() != VariantOf(version)) return std::nullopt;
    auto program = ToBytes(ByteView(digits).first(digits.size() - kChecksumDigits).subspan(1));
    if (!program || !IsValidWitnessProgram(version, program->size())) return std::nullopt;
    return WitnessProgram{version, std::move(*program)};
}

}  // namespace amber::index
