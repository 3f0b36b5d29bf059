#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "index/ports/block_feed.h"

namespace amber::index {

/// Blocks that lie in files: a feed that needs no node, and ends.
class BlockArchive : public BlockFeed {
public:
    /// What the index has.
    struct Have {
        Height height;                             ///< of its tip
        std::function<BlockHash(Height)> hash_at;  ///< up to there
    };
    struct Contents {
        std::size_t blocks = 0;             ///< found, each counted once; of them are
        std::size_t known = 0;              ///< in the index already,
        std::size_t to_come = 0;            ///< to be taken: the rest of the chain,
        std::size_t aside = 0;              ///< on side branches,
        std::size_t stranded = 0;           ///< without all their ancestors
        Height first;                       ///< of those to be taken
        std::vector<std::string> problems;  ///< one line each, with file and byte
    };
    using Progress = std::function<void(std::size_t files_done, std::size_t files)>;

    /// Finds the blocks, and the chain of most work that begins with the genesis block or else
    /// with the tip of the index. Call it first; it may take minutes.
    virtual Contents Look(const std::optional<Have>& have, const std::stop_token& stop,
                          const Progress& progress) = 0;

    /// Why the chain ends before its end: a block that is damaged, with file and byte. Nothing if
    /// there was none among those taken.
    [[nodiscard]] virtual std::optional<std::string> Damage() const = 0;
};

}  // namespace amber::index
