#include "daemon_client/block_plan.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace amber::daemon_client {

using index::Block;
using index::BlockHash;
using index::Height;

namespace {

constexpr std::size_t kSizeGuessAfterTrouble = std::size_t{1} << 20;

}  // namespace

std::size_t BlockPlan::SlotOf(Height height) const {
    if (height < first_ || height >= End()) std::abort();
    return height.value - first_.value;
}

const BlockHash& BlockPlan::HashAt(Height height) const { return slots_[SlotOf(height)].hash; }

bool BlockPlan::IsAnnounced(Height height) const {
    return slots_[SlotOf(height)].state == Slot::State::announced;
}

bool BlockPlan::Waits(Height height, std::uint64_t id) const {
    if (height < first_ || height >= End()) return false;
    const Slot& slot = slots_[SlotOf(height)];
    return slot.state == Slot::State::fetching && slot.id == id;
}

bool BlockPlan::IsReady() const {
    return !slots_.empty() && slots_.front().state == Slot::State::ready;
}

void BlockPlan::Restart(Height first) {
    Truncate(first_);
    first_ = first;
}

void BlockPlan::Announce(const BlockHash& hash) {
    Slot slot;
    slot.hash = hash;
    slots_.push_back(std::move(slot));
}

void BlockPlan::Truncate(Height from) {
    while (!slots_.empty() && End() > from) {
        SetBytes(slots_.back(), 0);
        slots_.pop_back();
    }
    announced_from_ = std::min(announced_from_, slots_.size());
}

void BlockPlan::SetBytes(Slot& slot, std::size_t bytes) {
    bytes_held_ += bytes - slot.bytes;
    slot.bytes = bytes;
}

void BlockPlan::SkipClaimed() {
    while (announced_from_ < slots_.size() &&
           slots_[announced_from_].state != Slot::State::announced)
        ++announced_from_;
}

void BlockPlan::Claim(Height height, std::uint64_t id) {
    Slot& slot = slots_[SlotOf(height)];
    if (slot.state == Slot::State::ready) std::abort();
    slot.state = Slot::State::fetching;
    slot.id = id;
    SetBytes(slot, size_guess_);
    SkipClaimed();
}

void BlockPlan::GiveBack(Height height, std::uint64_t id) {
    if (!Waits(height, id)) return;
    const std::size_t place = SlotOf(height);
    slots_[place].state = Slot::State::announced;
    SetBytes(slots_[place], 0);
    announced_from_ = std::min(announced_from_, place);
}

void BlockPlan::NoteSize(Height height, std::uint64_t id, std::size_t raw_bytes) {
    if (Waits(height, id)) SetBytes(slots_[SlotOf(height)], raw_bytes);
}

void BlockPlan::LearnSize(std::size_t raw_bytes) {
    // Up at once, down slowly: a guess too low would overrun the budget.
    size_guess_ = std::max({std::size_t{1}, raw_bytes, (size_guess_ * 7 + raw_bytes) / 8});
}

void BlockPlan::ForgetSizes() { size_guess_ = std::max(size_guess_, kSizeGuessAfterTrouble); }

void BlockPlan::Fill(Height height, std::uint64_t id, Block block) {
    if (!Waits(height, id)) return;
    Slot& slot = slots_[SlotOf(height)];
    slot.block = std::move(block);
    slot.state = Slot::State::ready;
}

std::vector<Block> BlockPlan::Take(std::size_t max_bytes) {
    std::vector<Block> taken;
    std::size_t bytes = 0;
    while (IsReady() && (taken.empty() || bytes + slots_.front().bytes <= max_bytes)) {
        Slot& slot = slots_.front();
        bytes += slot.bytes;
        SetBytes(slot, 0);
        taken.push_back(std::move(slot.block));
        slots_.pop_front();
        --announced_from_;  // what is ready is not announced
        first_ = Next(first_);
    }
    return taken;
}

}  // namespace amber::daemon_client
