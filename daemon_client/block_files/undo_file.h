#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon_client/block_files/file_error.h"
#include "daemon_client/block_files/masked_file.h"
#include "index/chain/bytes.h"
#include "index/chain/coin.h"
#include "index/chain/hash.h"

namespace amber::daemon_client {

// rev file := records, then perhaps zeros
// record   := magic (4), size (4, little-endian), undo data (size), checksum (32)
// checksum := double SHA-256 of (hash of the block's parent, undo data)

/// One rev?????.dat, whole in memory (some 20 MB): the undo data of the blocks in the blk file of
/// the same number.
///
/// A record does not name its block, and records stand in the order in which blocks were connected,
/// not in that of the blk file. The checksum, which covers the parent's hash, tells: no other block
/// on that parent gives the same. Only records with the block's number of transactions are tried,
/// beginning behind the one found last, so that asking in chain order mostly hashes each once.
/// Not thread-safe: one thread goes through one file.
class UndoFile {
public:
    /// All records up to the first that is damaged or not whole, see EndsAt().
    static FileResult<UndoFile> Load(const MaskedFile& file, const index::Coin& coin);

    /// Undo data of the block on `previous` with that many transactions, its coinbase included.
    /// Nothing if there is none (yet): the node has not connected that block. Valid as long as
    /// this.
    [[nodiscard]] std::optional<index::ByteView> Find(const index::BlockHash& previous,
                                                      std::size_t tx_count);

    [[nodiscard]] std::size_t RecordCount() const { return records_.size(); }
    /// Where the first record that is not good begins, or would.
    [[nodiscard]] std::uint64_t EndsAt() const { return end_; }

private:
    struct Record {
        std::uint64_t offset = 0;  ///< of the undo data
        std::uint32_t size = 0;
        std::uint64_t transactions = 0;  ///< as it says; the coinbase not counted
    };

    [[nodiscard]] bool Belongs(const Record& record, const index::BlockHash& previous) const;

    index::Bytes bytes_;
    std::vector<Record> records_;
    std::uint64_t end_ = 0;
    std::size_t after_last_ = 0;  ///< record behind the one found last
};

}  // namespace amber::daemon_client
