#pragma once
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "index/chain/sha256_kernel.h"

// The rounds of SHA-256 in the processor's SHA instructions, for any number of lanes in step.
// Only functions with the same target may call these; only sha256_ni*.cpp include them.

#define AMBER_SHA_NI __attribute__((target("sha,sse4.1")))
#define AMBER_SHA_NI_INLINE __attribute__((target("sha,sse4.1"), always_inline)) inline

namespace amber::index::sha_ni {

inline constexpr std::size_t kBlock = 64;   ///< bytes
inline constexpr std::size_t kDigest = 32;  ///< bytes
inline constexpr int kLanes = 4;

alignas(16) inline constexpr std::uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr std::uint32_t RotateRight(std::uint32_t x, int n) { return x >> n | x << (32 - n); }

struct Schedule {
    alignas(16) std::uint32_t words[64];
};

/// Message schedule plus round constants of the block that pads a 64-byte message: always the
/// same, so no round of it needs to be prepared at run time.
constexpr Schedule PaddingSchedule() {
    std::uint32_t w[64] = {};
    w[0] = 0x80000000;
    w[15] = kBlock * 8;
    for (int i = 16; i < 64; ++i) {
        const std::uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (RotateRight(a, 7) ^ RotateRight(a, 18) ^ a >> 3) +
               (RotateRight(b, 17) ^ RotateRight(b, 19) ^ b >> 10);
    }
    Schedule schedule{};
    for (int i = 0; i < 64; ++i) schedule.words[i] = w[i] + kRoundConstants[i];
    return schedule;
}

inline constexpr Schedule kPadding64 = PaddingSchedule();

/// Working variables in the order the instructions want, highest element first: a b e f, c d g h.
struct State {
    __m128i abef, cdgh;
};

/// Registers of one lane: state and the sixteen newest words of the message schedule.
struct Lane {
    State s;
    __m128i w[4];
};

AMBER_SHA_NI_INLINE __m128i ByteSwap(__m128i words) {
    return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

AMBER_SHA_NI_INLINE State FromWords(__m128i abcd, __m128i efgh) {
    const __m128i badc = _mm_shuffle_epi32(abcd, 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);
    return {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

AMBER_SHA_NI_INLINE void ToWords(const State& s, __m128i& abcd, __m128i& efgh) {
    const __m128i abef = _mm_shuffle_epi32(s.abef, 0x1b);
    const __m128i ghcd = _mm_shuffle_epi32(s.cdgh, 0xb1);
    abcd = _mm_blend_epi16(abef, ghcd, 0xf0);
    efgh = _mm_alignr_epi8(ghcd, abef, 8);
}

AMBER_SHA_NI_INLINE State InitialState() {
    const auto* words = reinterpret_cast<const __m128i*>(kSha256Initial);
    return FromWords(_mm_loadu_si128(words), _mm_loadu_si128(words + 1));
}

AMBER_SHA_NI_INLINE void StoreDigest(const State& s, std::uint8_t* out32) {
    __m128i abcd, efgh;
    ToWords(s, abcd, efgh);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out32), ByteSwap(abcd));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out32 + 16), ByteSwap(efgh));
}

AMBER_SHA_NI_INLINE __m128i LoadWords(const std::uint32_t* aligned) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(aligned));
}

AMBER_SHA_NI_INLINE void LoadBlock(Lane& lane, const std::uint8_t* data) {
    const auto* words = reinterpret_cast<const __m128i*>(data);
    for (int i = 0; i < 4; ++i) lane.w[i] = ByteSwap(_mm_loadu_si128(words + i));
}

AMBER_SHA_NI_INLINE void FourRounds(State& s, __m128i words_and_constants) {
    s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, words_and_constants);
    s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(words_and_constants, 0x0e));
}

AMBER_SHA_NI_INLINE void AddState(State& s, const State& before) {
    s.abef = _mm_add_epi32(s.abef, before.abef);
    s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
}

/// Rounds 4 * kGroup to 4 * kGroup + 3, with the schedule words they need.
template <int kGroup>
AMBER_SHA_NI_INLINE void RoundGroup(Lane& lane) {
    constexpr int kNow = kGroup % 4, kPast1 = (kGroup + 3) % 4, kPast2 = (kGroup + 2) % 4,
                  kPast3 = (kGroup + 1) % 4;
    if constexpr (kGroup >= 4) {
        const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(lane.w[kNow], lane.w[kPast3]),
                                          _mm_alignr_epi8(lane.w[kPast1], lane.w[kPast2], 4));
        lane.w[kNow] = _mm_sha256msg2_epu32(sum, lane.w[kPast1]);
    }
    FourRounds(lane.s, _mm_add_epi32(lane.w[kNow], LoadWords(kRoundConstants + 4 * kGroup)));
}

template <int kGroup, class... Lanes>
AMBER_SHA_NI_INLINE void RoundGroupOfAll(Lanes&... lanes) {
    (RoundGroup<kGroup>(lanes), ...);
}

/// All rounds of one block for every lane, group by group so that the lanes interleave.
template <int... kGroups, class... Lanes>
AMBER_SHA_NI_INLINE void AllRounds(std::integer_sequence<int, kGroups...>, Lanes&... lanes) {
    (RoundGroupOfAll<kGroups>(lanes...), ...);
}

using RoundGroups = std::make_integer_sequence<int, 16>;

template <int kGroup, class... Lanes>
AMBER_SHA_NI_INLINE void PaddingGroupOfAll(Lanes&... lanes) {
    (FourRounds(lanes.s, LoadWords(kPadding64.words + 4 * kGroup)), ...);
}

/// AllRounds() for the block that pads a 64-byte message.
template <int... kGroups, class... Lanes>
AMBER_SHA_NI_INLINE void PaddingRounds(std::integer_sequence<int, kGroups...>, Lanes&... lanes) {
    (PaddingGroupOfAll<kGroups>(lanes...), ...);
}

/// Makes the block of a second hash from the digest of the first.
AMBER_SHA_NI_INLINE void LoadOwnDigest(Lane& lane) {
    ToWords(lane.s, lane.w[0], lane.w[1]);
    lane.w[2] = _mm_set_epi32(0, 0, 0, static_cast<int>(0x80000000));
    lane.w[3] = _mm_set_epi32(kDigest * 8, 0, 0, 0);
}

}  // namespace amber::index::sha_ni
