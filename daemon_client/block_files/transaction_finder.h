#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daemon_client/block_files/block_files.h"

namespace amber::daemon_client {

/// Raw transactions out of the block files, by block and place in it. The first of a block costs
/// reading the block; where its transactions begin is then remembered, and each further one costs
/// reading its own bytes.
/// Bound: the tables of places take at most `max_bytes` (4 bytes per transaction); the blocks not
/// asked for longest are forgotten. Thread-safe.
class TransactionFinder {
public:
    /// `files` and `coin` must outlive the finder.
    TransactionFinder(const BlockFiles& files, const index::Coin& coin,
                      std::size_t max_bytes = std::size_t{16} << 20)
        : files_(files), coin_(coin), max_bytes_(max_bytes) {}

    /// Nothing if the block has not been found (yet) or has fewer transactions. An error: its bytes
    /// cannot be read or are not that block (any more).
    /// Of a block whose places are remembered nothing is checked: the caller compares the txid.
    [[nodiscard]] FileResult<std::optional<index::Bytes>> Find(const index::BlockHash& block,
                                                               std::uint32_t place);

    [[nodiscard]] std::size_t BytesHeld() const;

private:
    /// Where the transactions of a block begin, and where the last one ends.
    using Offsets = std::shared_ptr<const std::vector<std::uint32_t>>;
    struct Entry {
        index::BlockHash block;
        BlockPosition position;
        Offsets offsets;

        [[nodiscard]] std::size_t Bytes() const {
            return offsets->capacity() * sizeof(std::uint32_t) + 256;
        }
    };
    using Entries = std::list<Entry>;  ///< asked for last first

    [[nodiscard]] Offsets Recall(const index::BlockHash& block, const BlockPosition& position);
    void Remember(Entry entry);
    void Erase(Entries::iterator entry);

    const BlockFiles& files_;
    const index::Coin& coin_;
    const std::size_t max_bytes_;

    mutable std::mutex mutex_;  // guards what follows; not held while reading
    Entries entries_;
    std::unordered_map<index::BlockHash, Entries::iterator> by_block_;
    std::size_t bytes_ = 0;
};

}  // namespace amber::daemon_client
