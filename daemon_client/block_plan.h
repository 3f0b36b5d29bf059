#pragma once
#include <cstdint>
#include <deque>
#include <vector>

#include "index/chain/block.h"
#include "index/chain/hash.h"
#include "index/chain/strong.h"

namespace amber::daemon_client {

/// The blocks that are to be taken, a slot per height from the next one on: first only a hash
/// (announced), then asked for (fetching), then parsed and checked (ready).
/// Invariant: what arrives for a slot that was thrown away, given back or claimed anew finds none
/// of its height and id; so nothing of before can mix with what comes after. Ids of fetches must
/// therefore never be used twice.
/// Counts the raw bytes held: of a fetch under way by a guess, from the sizes of late.
/// Not thread-safe.
class BlockPlan {
public:
    [[nodiscard]] index::Height First() const { return first_; }  ///< the next to be taken
    [[nodiscard]] index::Height End() const { return HeightOf(slots_.size()); }  ///< after the last
    [[nodiscard]] bool IsEmpty() const { return slots_.empty(); }
    /// The lowest that is announced, or End().
    [[nodiscard]] index::Height FirstAnnounced() const { return HeightOf(announced_from_); }
    [[nodiscard]] std::size_t BytesHeld() const { return bytes_held_; }
    [[nodiscard]] std::size_t SizeGuess() const { return size_guess_; }

    /// Of a height between First() and End().
    [[nodiscard]] const index::BlockHash& HashAt(index::Height height) const;
    [[nodiscard]] bool IsAnnounced(index::Height height) const;
    /// Whether the slot waits for this fetch.
    [[nodiscard]] bool Waits(index::Height height, std::uint64_t id) const;
    [[nodiscard]] bool IsReady() const;  ///< the next one to be taken

    void Restart(index::Height first);
    void Announce(const index::BlockHash& hash);
    /// Throws away this height and all above.
    void Truncate(index::Height from);

    /// The slot is filled by fetch `id`, and by no other from now on. Precondition: not ready.
    void Claim(index::Height height, std::uint64_t id);
    /// Nothing comes of fetch `id`: what still waits for it is announced again.
    void GiveBack(index::Height height, std::uint64_t id);
    /// The block came; it is still to be checked. No effect if the slot does not wait for it.
    void NoteSize(index::Height height, std::uint64_t id, std::size_t raw_bytes);
    /// To be told of the largest block of each answer.
    void LearnSize(std::size_t raw_bytes);
    /// After trouble: so that the next try is a small one.
    void ForgetSizes();
    /// No effect if the slot does not wait for it.
    void Fill(index::Height height, std::uint64_t id, index::Block block);

    /// The ready ones in front, at least one if there is, up to about `max_bytes`.
    [[nodiscard]] std::vector<index::Block> Take(std::size_t max_bytes);

private:
    struct Slot {
        enum class State { announced, fetching, ready };
        index::BlockHash hash;
        std::uint64_t id = 0;  ///< of the fetch that fills it
        State state = State::announced;
        std::size_t bytes = 0;  ///< held: first a guess, then the raw size
        index::Block block;
    };

    [[nodiscard]] index::Height HeightOf(std::size_t slot) const {
        return {first_.value + static_cast<std::uint32_t>(slot)};
    }
    [[nodiscard]] std::size_t SlotOf(index::Height height) const;
    void SetBytes(Slot& slot, std::size_t bytes);
    void SkipClaimed();

    index::Height first_;
    std::deque<Slot> slots_;
    std::size_t announced_from_ = 0;  ///< none before is announced; this one is, or is the end
    std::size_t bytes_held_ = 0;
    /// Large at first: one block at a time until it is known better.
    std::size_t size_guess_ = std::size_t{1} << 20;
};

}  // namespace amber::daemon_client
