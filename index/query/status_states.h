#pragma once
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <list>
#include <mutex>
#include <vector>

#include "index/chain/hash_x.h"
#include "index/chain/sha256.h"
#include "index/chain/strong.h"

namespace amber::index {

/// The hash of a script's status as far as it goes: over all its transactions up to some block.
/// Right in every view whose chain has that block, because the chain below it is then the same.
struct StatusState {
    Height height;
    BlockHash block;  ///< the one at `height`
    TxNum end;        ///< the first transaction above it
    TxNum row;        ///< where the history row of the last transaction hashed begins
    std::uint64_t entries = 0;
    Sha256 hash;
};

/// Hash states of busy scripts, so that the status of one with a million transactions costs what is
/// new in it. Of each script up to three, the lowest of which is at least kDepth blocks old, once
/// the script has been known for so long: a reorganisation then costs no more than the
/// transactions of that many blocks.
/// Bound: kMaxScripts scripts, about 700 bytes each; those last asked for stay. Thread: any.
class StatusStates {
public:
    static constexpr std::uint32_t kDepth = 100;
    static constexpr std::size_t kMaxScripts = 20'000;

    /// From the lowest to the highest; empty if the script is not known.
    using States = std::vector<StatusState>;
    [[nodiscard]] States Find(const HashX& script);
    /// Adds a state that `from`, a height or nothing, was the base of: what is above `from` belongs
    /// to another view and goes.
    void Keep(const HashX& script, Height from, const StatusState& state);

    /// For who is about to hash a long history: one at a time, so that the next finds it done.
    /// Scripts share turns, but hardly ever. Never take it on a thread that must not wait.
    [[nodiscard]] std::unique_lock<std::mutex> TakeTurn(const HashX& script);

private:
    static constexpr std::size_t kMaxStates = 3;
    static constexpr std::size_t kTurns = 64;

    struct Entry {
        HashX script;
        States states;
    };
    using Entries = std::list<Entry>;  ///< most recently asked for first

    std::mutex mutex_;  ///< guards entries_ and by_script_
    Entries entries_;
    boost::unordered_flat_map<HashX, Entries::iterator, std::hash<HashX>> by_script_;
    std::array<std::mutex, kTurns> turns_;
};

}  // namespace amber::index
