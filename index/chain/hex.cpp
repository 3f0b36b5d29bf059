#include "index/chain/hex.h"

#include <immintrin.h>

#include <array>
#include <cstring>

namespace amber::index {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> MakeDigitValues() {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoDigit);
    for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
    for (std::uint8_t i = 0; i < 6; ++i) {
        values['a' + i] = static_cast<std::uint8_t>(10 + i);
        values['A' + i] = static_cast<std::uint8_t>(10 + i);
    }
    return values;
}

constexpr std::array<std::array<char, 2>, 256> MakeDigitPairs() {
    constexpr char kDigits[] = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t i = 0; i < 256; ++i) pairs[i] = {kDigits[i >> 4], kDigits[i & 15]};
    return pairs;
}

constexpr auto kDigitValues = MakeDigitValues();
constexpr auto kDigitPairs = MakeDigitPairs();

bool DecodeScalar(const char* hex, std::size_t bytes, std::uint8_t* out) {
    std::uint8_t seen = 0;  // its high bits are set only by kNoDigit
    for (std::size_t i = 0; i < bytes; ++i) {
        const std::uint8_t high = kDigitValues[static_cast<std::uint8_t>(hex[2 * i])];
        const std::uint8_t low = kDigitValues[static_cast<std::uint8_t>(hex[2 * i + 1])];
        seen |= high | low;
        out[i] = static_cast<std::uint8_t>(high << 4 | (low & 15));
    }
    return (seen & 0xf0) == 0;
}

#define AMBER_AVX2 __attribute__((target("avx2")))

/// Values of 32 digits, one per byte. Clears bytes of `valid` where there is no digit.
AMBER_AVX2 inline __m256i DigitValues(__m256i text, __m256i& valid) {
    const __m256i number = _mm256_sub_epi8(text, _mm256_set1_epi8('0'));
    const __m256i is_number =
        _mm256_cmpeq_epi8(_mm256_min_epu8(number, _mm256_set1_epi8(9)), number);
    const __m256i lower_case = _mm256_or_si256(text, _mm256_set1_epi8(0x20));
    const __m256i letter = _mm256_sub_epi8(lower_case, _mm256_set1_epi8('a'));
    const __m256i is_letter =
        _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(5)), letter);
    valid = _mm256_and_si256(valid, _mm256_or_si256(is_number, is_letter));
    return _mm256_blendv_epi8(_mm256_add_epi8(letter, _mm256_set1_epi8(10)), number, is_number);
}

AMBER_AVX2 bool DecodeAvx2(const char* hex, std::size_t bytes, std::uint8_t* out) {
    constexpr std::size_t kStep = 32;                    // bytes made per round
    const __m256i weights = _mm256_set1_epi16(0x01'10);  // first digit times 16 plus second
    __m256i valid = _mm256_set1_epi8(-1);
    std::size_t done = 0;
    for (; done + kStep <= bytes; done += kStep) {
        const auto* text = reinterpret_cast<const __m256i*>(hex + 2 * done);
        const __m256i first = DigitValues(_mm256_loadu_si256(text), valid);
        const __m256i second = DigitValues(_mm256_loadu_si256(text + 1), valid);
        const __m256i packed = _mm256_packus_epi16(_mm256_maddubs_epi16(first, weights),
                                                   _mm256_maddubs_epi16(second, weights));
        // Packing works within 128-bit halves: put the quarters back in order.
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + done),
                            _mm256_permute4x64_epi64(packed, 0b11'01'10'00));
    }
    const bool rest = DecodeScalar(hex + 2 * done, bytes - done, out + done);
    return rest && _mm256_movemask_epi8(valid) == -1;
}

/// Writes 64 digits for 32 bytes.
AMBER_AVX2 inline void Encode32(__m256i bytes, char* out) {
    const __m256i digits = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'));
    const __m256i low_bits = _mm256_set1_epi8(0x0f);
    const __m256i high =
        _mm256_shuffle_epi8(digits, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_bits));
    const __m256i low = _mm256_shuffle_epi8(digits, _mm256_and_si256(bytes, low_bits));
    // Unpacking works within 128-bit halves: first come digits of bytes 0-7 and 16-23, then of the
    // others.
    const __m256i even = _mm256_unpacklo_epi8(high, low);
    const __m256i odd = _mm256_unpackhi_epi8(high, low);
    auto* to = reinterpret_cast<__m256i*>(out);
    _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

AMBER_AVX2 inline __m256i Reverse(__m256i bytes) {
    const __m256i within_halves = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    return _mm256_permute4x64_epi64(_mm256_shuffle_epi8(bytes, within_halves), 0b01'00'11'10);
}

void EncodeScalar(ByteView bytes, char* out) {
    for (const std::uint8_t byte : bytes) {
        std::memcpy(out, kDigitPairs[byte].data(), 2);
        out += 2;
    }
}

void EncodeReversedScalar(ByteView bytes, char* out) {
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        std::memcpy(out, kDigitPairs[*byte].data(), 2);
        out += 2;
    }
}

AMBER_AVX2 void EncodeAvx2(ByteView bytes, char* out) {
    for (; bytes.size() >= 32; bytes = bytes.subspan(32), out += 64) {
        Encode32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data())), out);
    }
    EncodeScalar(bytes, out);
}

AMBER_AVX2 void EncodeReversedAvx2(ByteView bytes, char* out) {
    for (; bytes.size() >= 32; bytes = bytes.first(bytes.size() - 32), out += 64) {
        const auto* last = reinterpret_cast<const __m256i*>(bytes.data() + bytes.size() - 32);
        Encode32(Reverse(_mm256_loadu_si256(last)), out);
    }
    EncodeReversedScalar(bytes, out);
}

struct Functions {
    bool (*decode)(const char*, std::size_t, std::uint8_t*);
    void (*encode)(ByteView, char*);
    void (*encode_reversed)(ByteView, char*);
};

const Functions& Chosen() {
    static const Functions functions = [] {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2")
                   ? Functions{DecodeAvx2, EncodeAvx2, EncodeReversedAvx2}
                   : Functions{DecodeScalar, EncodeScalar, EncodeReversedScalar};
    }();
    return functions;
}

}  // namespace

void EncodeHex(ByteView bytes, char* out) { Chosen().encode(bytes, out); }

void EncodeHexReversed(ByteView bytes, char* out) { Chosen().encode_reversed(bytes, out); }

void AppendHex(std::string& out, ByteView bytes) {
    const std::size_t old_size = out.size();
    out.resize(old_size + 2 * bytes.size());
    EncodeHex(bytes, out.data() + old_size);
}

std::string ToHex(ByteView bytes) {
    std::string hex;
    AppendHex(hex, bytes);
    return hex;
}

bool DecodeHex(std::string_view hex, std::uint8_t* out) {
    return hex.size() % 2 == 0 && Chosen().decode(hex.data(), hex.size() / 2, out);
}

std::optional<Bytes> FromHex(std::string_view hex) {
    Bytes bytes(hex.size() / 2);
    if (!DecodeHex(hex, bytes.data())) return std::nullopt;
    return bytes;
}

}  // namespace amber::index
