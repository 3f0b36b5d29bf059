// One message alone waits for the latency of sha256rnds2; so batches run several messages (lanes)
// in step, and a lane whose message ends takes the next one at once.
#include "index/chain/sha256_ni_batch.h"

#include <algorithm>

#include "index/chain/sha256_ni_message.h"

namespace amber::index::sha_ni {
namespace {

/// Where digests go that are not hashed again.
struct Digests {
    AMBER_SHA_NI void Add(const State& digest, std::uint8_t* out32) { StoreDigest(digest, out32); }
};

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

}  // namespace

void Many(std::span<const HashJob> jobs) {
    Digests digests;
    HashAll(jobs, digests);
}

void ManyTwice(std::span<const HashJob> jobs) {
    SecondHashes second;
    HashAll(jobs, second);
    second.Flush();
}

}  // namespace amber::index::sha_ni
