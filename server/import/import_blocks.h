#pragma once
#include <stop_token>

#include "index/indexer.h"
#include "index/ports/block_archive.h"

namespace amber::server {

struct ImportOutcome {
    bool whole = false;        ///< nothing was wrong with the files
    bool stopped = false;      ///< before the end
    std::size_t imported = 0;  ///< blocks of the files that are in the index now and were not
};

/// Takes the blocks of files into the index, and tells the log what was found, what was wrong with
/// it, and what was done. `stop` ends the search for blocks; Indexer::Stop() what follows.
/// Thread: sync thread. Throws as Indexer::Import().
ImportOutcome ImportBlocks(index::Indexer& indexer, index::BlockArchive& archive,
                           const std::stop_token& stop);

}  // namespace amber::server
