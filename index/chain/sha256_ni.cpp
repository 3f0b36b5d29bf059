#include <cpuid.h>

#include "index/chain/sha256_kernel.h"
#include "index/chain/sha256_ni_batch.h"
#include "index/chain/sha256_ni_rounds.h"

namespace amber::index {
namespace sha_ni {
namespace {

AMBER_SHA_NI void Compress(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks) {
    auto* words = reinterpret_cast<__m128i*>(state);
    Lane lane;
    lane.s = FromWords(_mm_loadu_si128(words), _mm_loadu_si128(words + 1));
    for (; blocks > 0; --blocks, data += kBlock) {
        const State before = lane.s;
        LoadBlock(lane, data);
        AllRounds(RoundGroups(), lane);
        AddState(lane.s, before);
    }
    __m128i abcd, efgh;
    ToWords(lane.s, abcd, efgh);
    _mm_storeu_si128(words, abcd);
    _mm_storeu_si128(words + 1, efgh);
}

template <std::size_t... kIndex>
AMBER_SHA_NI void MerkleNodes(const std::uint8_t* in, std::uint8_t* out,
                              std::index_sequence<kIndex...>) {
    constexpr std::size_t kCount = sizeof...(kIndex);
    Lane lanes[kCount];
    State middle[kCount];
    const State initial = InitialState();
    ((lanes[kIndex].s = initial, LoadBlock(lanes[kIndex], in + kBlock * kIndex)), ...);
    AllRounds(RoundGroups(), lanes[kIndex]...);
    ((AddState(lanes[kIndex].s, initial), middle[kIndex] = lanes[kIndex].s), ...);
    PaddingRounds(RoundGroups(), lanes[kIndex]...);
    ((AddState(lanes[kIndex].s, middle[kIndex]), LoadOwnDigest(lanes[kIndex])), ...);
    ((lanes[kIndex].s = initial), ...);
    AllRounds(RoundGroups(), lanes[kIndex]...);
    ((AddState(lanes[kIndex].s, initial), StoreDigest(lanes[kIndex].s, out + kDigest * kIndex)),
     ...);
}

void MerklePairs(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
    for (; count >= kLanes; count -= kLanes, in += kLanes * kBlock, out += kLanes * kDigest) {
        MerkleNodes(in, out, std::make_index_sequence<kLanes>());
    }
    for (; count > 0; --count, in += kBlock, out += kDigest) {
        MerkleNodes(in, out, std::make_index_sequence<1>());
    }
}

bool ProcessorHasShaNi() {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & bit_SSE4_1) == 0) return false;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
    return (ebx & bit_SHA) != 0;
}

}  // namespace
}  // namespace sha_ni

const Sha256Kernel* ShaNiKernel() {
    static constexpr Sha256Kernel kKernel{"sha-ni", sha_ni::Compress, sha_ni::Many,
                                          sha_ni::ManyTwice, sha_ni::MerklePairs};
    static const bool available = sha_ni::ProcessorHasShaNi();
    return available ? &kKernel : nullptr;
}

}  // namespace amber::index
