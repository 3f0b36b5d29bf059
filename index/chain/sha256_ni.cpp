// SHA-256 with the processor's SHA instructions. One message alone waits for the latency of
// sha256rnds2; so batches run several messages (lanes) in step, and a lane whose message ends
// takes the next one at once.
#include <cpuid.h>
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "index/chain/sha256_kernel.h"

#define AMBER_SHA_NI __attribute__((target("sha,sse4.1")))
#define AMBER_SHA_NI_INLINE __attribute__((target("sha,sse4.1"), always_inline)) inline

namespace amber::index {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kLengthField = 8;
constexpr std::size_t kDigest = 32;
constexpr int kLanes = 4;

alignas(16) constexpr std::uint32_t kRoundConstants[64] = {
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

constexpr Schedule kPadding64 = PaddingSchedule();

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

/// Makes the block of a second hash from the digest of the first.
AMBER_SHA_NI_INLINE void LoadOwnDigest(Lane& lane) {
    ToWords(lane.s, lane.w[0], lane.w[1]);
    lane.w[2] = _mm_set_epi32(0, 0, 0, static_cast<int>(0x80000000));
    lane.w[3] = _mm_set_epi32(kDigest * 8, 0, 0, 0);
}

/// The second hash of digests that arrive one by one: they wait until every lane has one.
class SecondHashes {
public:
    AMBER_SHA_NI void Add(const State& digest, std::uint8_t* out32) {
        digests_[count_] = digest;
        outs_[count_] = out32;
        if (++count_ == kLanes) HashThem(std::make_index_sequence<kLanes>());
    }
    AMBER_SHA_NI void Flush() {
        for (int i = count_; i > 0 && i < kLanes; ++i) {  // idle lanes redo the first digest
            digests_[i] = digests_[0];
            outs_[i] = outs_[0];
        }
        if (count_ > 0) HashThem(std::make_index_sequence<kLanes>());
    }

private:
    template <std::size_t... kIndex>
    AMBER_SHA_NI void HashThem(std::index_sequence<kIndex...>) {
        Lane lanes[kLanes];
        const State initial = InitialState();
        ((lanes[kIndex].s = digests_[kIndex], LoadOwnDigest(lanes[kIndex])), ...);
        ((lanes[kIndex].s = initial), ...);
        AllRounds(RoundGroups(), lanes[kIndex]...);
        ((AddState(lanes[kIndex].s, initial), StoreDigest(lanes[kIndex].s, outs_[kIndex])), ...);
        count_ = 0;
    }

    State digests_[kLanes];
    std::uint8_t* outs_[kLanes];
    int count_ = 0;
};

/// One message on its way through a lane: where its next blocks are, and what comes after them.
struct Stream {
    State state;
    const std::uint8_t* next;  ///< `blocks` whole blocks to compress
    std::size_t blocks;
    const HashJob* job;
    bool copied;       ///< a short message: `next` and `blocks` are all of it, padded
    bool last_blocks;  ///< nothing follows those
    // The rest serves messages that are not copied.
    std::uint64_t size;  ///< of the message up to `offset` of `piece`
    std::size_t offset;  ///< first byte of `piece` not yet given out
    int piece;
    std::uint8_t buffer[2 * kBlock];  ///< blocks put together from pieces, and padding
};

/// Blocks that a message of `size` bytes takes with its padding.
constexpr std::size_t PaddedBlocks(std::uint64_t size) {
    return (size + kBlock + kLengthField) / kBlock;
}

std::size_t SizeOf(const HashJob& job) {
    return job.pieces[0].size() + job.pieces[1].size() + job.pieces[2].size();
}

/// Writes the padding of a message of `size` bytes around its last bytes, which may come later or
/// stand there already. `end` is the end of its last block; what is neither message nor padding
/// must be zero.
void WritePadding(std::uint8_t* end, std::uint64_t size) {
    const std::uint64_t bits = __builtin_bswap64(size * 8);
    std::memcpy(end - kLengthField, &bits, kLengthField);
    const std::size_t filled = size % kBlock;
    const std::size_t blocks = filled < kBlock - kLengthField ? 1 : 2;
    *(end - blocks * kBlock + filled) = 0x80;
}
/// As memcpy, but the few bytes around the witness of a transaction need no call.
inline void CopyBytes(ByteView from, std::uint8_t* to) {
    if (from.size() == 4) {
        std::memcpy(to, from.data(), 4);
    } else if (!from.empty()) {
        std::memcpy(to, from.data(), from.size());
    }
}

/// Puts a message together, padded to its full `blocks`.
void CopyMessage(const HashJob& job, std::size_t size, std::size_t blocks, std::uint8_t* out) {
    std::uint8_t* const end = out + blocks * kBlock;
    if (blocks == 1) {  // two calls, as only a fixed size is as fast as this has to be
        std::memset(out, 0, kBlock);
    } else {
        std::memset(end - 2 * kBlock, 0, 2 * kBlock);
    }
    for (const ByteView piece : job.pieces) {
        CopyBytes(piece, out);
        out += piece.size();
    }
    WritePadding(end, size);
}

/// Finds the next blocks of a long message: in place where a piece holds whole blocks, else put
/// together in the buffer.
void NextBlocks(Stream& stream) {
    std::size_t filled = 0;
    while (stream.piece < 3) {
        const ByteView rest = stream.job->pieces[stream.piece].subspan(stream.offset);
        const bool in_place = filled == 0 && rest.size() >= kBlock;
        const std::size_t taken =
            in_place ? rest.size() / kBlock * kBlock : std::min(rest.size(), kBlock - filled);
        stream.offset += taken;
        stream.size += taken;
        if (in_place) {
            stream.next = rest.data();
            stream.blocks = taken / kBlock;
            return;
        }
        CopyBytes(rest.first(taken), stream.buffer + filled);
        filled += taken;
        stream.next = stream.buffer;
        stream.blocks = 1;
        if (filled == kBlock) return;
        ++stream.piece;
        stream.offset = 0;
    }
    stream.blocks = PaddedBlocks(filled);
    std::memset(stream.buffer + filled, 0, sizeof stream.buffer - filled);
    WritePadding(stream.buffer + stream.blocks * kBlock, stream.size);
    stream.last_blocks = true;
}

/// Where digests go that are not hashed again.
struct Digests {
    AMBER_SHA_NI void Add(const State& digest, std::uint8_t* out32) { StoreDigest(digest, out32); }
};

/// Messages of a single block, such as most output scripts: they wait until every lane has one.
template <class Sink>
class OneBlockMessages {
public:
    explicit OneBlockMessages(Sink& sink) : sink_(sink) {}

    AMBER_SHA_NI void Add(const HashJob& job, std::size_t size) {
        CopyMessage(job, size, 1, blocks_ + count_ * kBlock);
        outs_[count_] = job.out32;
        if (++count_ == kLanes) Flush();
    }
    AMBER_SHA_NI void Flush() {
        State digests[kLanes];
        if (count_ > 0) HashLanes(digests, std::make_index_sequence<kLanes>());
        for (std::size_t i = 0; i < count_; ++i) sink_.Add(digests[i], outs_[i]);
        count_ = 0;
    }

private:
    /// Always hashes all lanes: told that some are not needed, the compiler would compute them
    /// one after the other.
    template <std::size_t... kIndex>
    AMBER_SHA_NI void HashLanes(State* digests, std::index_sequence<kIndex...>) {
        Lane lanes[kLanes];
        const State initial = InitialState();
        ((lanes[kIndex].s = initial), ...);
        (LoadBlock(lanes[kIndex], blocks_ + kIndex * kBlock), ...);
        AllRounds(RoundGroups(), lanes[kIndex]...);
        (AddState(lanes[kIndex].s, initial), ...);
        ((digests[kIndex] = lanes[kIndex].s), ...);
    }

    Sink& sink_;
    std::size_t count_ = 0;
    std::uint8_t* outs_[kLanes];
    alignas(kBlock) std::uint8_t blocks_[kLanes * kBlock] = {};
};

/// Hands out the messages of a batch in an order that keeps lanes in step, those with most blocks
/// first. Short messages are copied and padded ahead of time, some dozens at once: that costs less
/// than interrupting the lanes at each seam between pieces and padding.
template <class Sink>
class Messages {
public:
    Messages(std::span<const HashJob> jobs, Sink& sink) : jobs_(jobs), one_block_(sink) {}

    /// Starts the next message; false if there is none, or none before the streams that were
    /// copied have ended, which `may_reuse_memory` says.
    AMBER_SHA_NI bool Start(Stream& stream, bool may_reuse_memory) {
        while (ready_ == 0) {
            if (jobs_.empty() || !may_reuse_memory) return false;
            Prepare();
        }
        while (lists_[longest_] == kNone) --longest_;
        const std::uint8_t slot = lists_[longest_];
        lists_[longest_] = following_[slot];
        --ready_;
        stream.state = InitialState();
        stream.job = prepared_ + slot;
        stream.copied = stream.last_blocks = longest_ < kLong;
        if (stream.copied) {
            stream.next = memory_ + first_block_[slot] * kBlock;
            stream.blocks = longest_;
        } else {
            stream.size = stream.offset = 0;
            stream.piece = 0;
            NextBlocks(stream);
        }
        return true;
    }

    /// To be called when no more are started.
    void Flush() { one_block_.Flush(); }

private:
    static constexpr std::size_t kSlots = 64;
    static constexpr std::size_t kMemoryBlocks = 256;  // half of a first-level cache
    static constexpr std::size_t kLong = 17;           // blocks; such messages are not copied
    static constexpr std::uint8_t kNone = 0xff;

    void Prepare() {
        std::fill(std::begin(lists_), std::end(lists_), kNone);
        longest_ = kLong;
        prepared_ = jobs_.data();
        std::size_t slot = 0, used = 0;
        for (; slot < std::min(kSlots, jobs_.size()) && used + kLong <= kMemoryBlocks; ++slot) {
            const HashJob& job = prepared_[slot];
            const std::size_t size = SizeOf(job);
            const std::size_t blocks = std::min(kLong, PaddedBlocks(size));
            if (blocks == 1) {
                one_block_.Add(job, size);
                continue;
            }
            first_block_[slot] = static_cast<std::uint16_t>(used);
            if (blocks < kLong) {
                CopyMessage(job, size, blocks, memory_ + used * kBlock);
                used += blocks;
            }
            following_[slot] = lists_[blocks];
            lists_[blocks] = static_cast<std::uint8_t>(slot);
            ++ready_;
        }
        jobs_ = jobs_.subspan(slot);
    }

    std::span<const HashJob> jobs_;  ///< not yet prepared
    OneBlockMessages<Sink> one_block_;
    const HashJob* prepared_ = nullptr;
    std::size_t ready_ = 0;  ///< prepared and not yet started
    std::size_t longest_ = 0;
    std::uint8_t lists_[kLong + 1];   ///< by number of blocks: the first slot of a list
    std::uint8_t following_[kSlots];  ///< the next slot of that list
    std::uint16_t first_block_[kSlots];
    alignas(kBlock) std::uint8_t memory_[kMemoryBlocks * kBlock];
};

/// Compresses `blocks` blocks of every stream. The number of streams is fixed at compile time so
/// that all working variables stay in registers.
template <std::size_t... kIndex>
AMBER_SHA_NI void CompressInStep(Stream* const* streams, std::size_t blocks,
                                 std::index_sequence<kIndex...>) {
    Lane lanes[sizeof...(kIndex)];
    ((lanes[kIndex].s = streams[kIndex]->state), ...);
    for (; blocks > 0; --blocks) {
        (LoadBlock(lanes[kIndex], streams[kIndex]->next), ...);
        AllRounds(RoundGroups(), lanes[kIndex]...);
        (AddState(lanes[kIndex].s, streams[kIndex]->state), ...);
        ((streams[kIndex]->state = lanes[kIndex].s), ...);
        ((streams[kIndex]->next += kBlock), ...);
    }
}

void CompressStreams(Stream* const* streams, int count, std::size_t blocks) {
    static_assert(kLanes == 4);
    switch (count) {
        case 1:
            return CompressInStep(streams, blocks, std::make_index_sequence<1>());
        case 2:
            return CompressInStep(streams, blocks, std::make_index_sequence<2>());
        case 3:
            return CompressInStep(streams, blocks, std::make_index_sequence<3>());
        default:
            return CompressInStep(streams, blocks, std::make_index_sequence<4>());
    }
}

/// Runs all jobs through the lanes and gives their digests to `sink`.
template <class Sink>
AMBER_SHA_NI void HashAll(std::span<const HashJob> jobs, Sink& sink) {
    Messages<Sink> messages(jobs, sink);
    Stream streams[kLanes];
    Stream* active[kLanes];
    for (int i = 0; i < kLanes; ++i) active[i] = &streams[i];
    int count = 0;
    int copied = 0;  // how many of those streams read the memory of `messages`
    for (;;) {
        while (count < kLanes && messages.Start(*active[count], copied == 0)) {
            copied += active[count++]->copied;
        }
        if (count == 0) break;
        std::size_t blocks = active[0]->blocks;
        for (int i = 1; i < count; ++i) blocks = std::min(blocks, active[i]->blocks);
        CompressStreams(active, count, blocks);
        for (int i = count - 1; i >= 0; --i) {
            Stream& stream = *active[i];
            stream.blocks -= blocks;
            if (stream.blocks > 0) continue;
            if (!stream.last_blocks) {
                NextBlocks(stream);
                continue;
            }
            sink.Add(stream.state, stream.job->out32);
            copied -= stream.copied;
            std::swap(active[i], active[--count]);
        }
    }
    messages.Flush();
}

void Many(std::span<const HashJob> jobs) {
    Digests digests;
    HashAll(jobs, digests);
}

void ManyTwice(std::span<const HashJob> jobs) {
    SecondHashes second;
    HashAll(jobs, second);
    second.Flush();
}

template <int kGroup, class... Lanes>
AMBER_SHA_NI_INLINE void PaddingGroupOfAll(Lanes&... lanes) {
    (FourRounds(lanes.s, LoadWords(kPadding64.words + 4 * kGroup)), ...);
}

/// AllRounds() for the block that pads a 64-byte message.
template <int... kGroups, class... Lanes>
AMBER_SHA_NI_INLINE void PaddingRounds(std::integer_sequence<int, kGroups...>, Lanes&... lanes) {
    (PaddingGroupOfAll<kGroups>(lanes...), ...);
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

const Sha256Kernel* ShaNiKernel() {
    static constexpr Sha256Kernel kKernel{"sha-ni", Compress, Many, ManyTwice, MerklePairs};
    static const bool available = ProcessorHasShaNi();
    return available ? &kKernel : nullptr;
}

}  // namespace amber::index
