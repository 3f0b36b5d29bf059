#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stop_token>
#include <vector>

#include "daemon_client/block_files/block_table.h"
#include "daemon_client/block_files/file_error.h"
#include "daemon_client/block_files/masked_file.h"
#include "daemon_client/block_files/record_scan.h"
#include "daemon_client/block_files/xor_key.h"
#include "index/chain/bytes.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

/// The blocks in a directory of blk?????.dat files, as Bitcoin Core and its kin write them, whether
/// a node is writing there or not.
///
/// What a position leads to may have changed since it was found (a crashed node writes over its
/// last blocks, a pruning one removes files): who reads must hold it against a hash.
/// Thread-safe: any number of readers beside one Refresh(); further ones wait.
/// Memory: see BlockTable, and some 100 bytes per file.
class BlockFiles {
public:
    /// Reads the key, finds no block yet. An error: the directory or its key cannot be read, or it
    /// has files but none of the first and the last few begins with a block of this network.
    /// `coin` must outlive the object.
    static FileResult<std::unique_ptr<BlockFiles>> Open(const index::Coin& coin,
                                                        std::filesystem::path directory);

    struct Report {
        std::size_t blocks = 0;           ///< found for the first time
        std::vector<FileError> problems;  ///< each told once; all else was read
    };
    /// Looks for blocks that were added; costs a few microseconds if none were. Ends early when
    /// asked to stop. Never fails: what cannot be read is told of, and tried again next time.
    Report Refresh(const std::stop_token& stop = {});

    [[nodiscard]] std::optional<BlockPosition> Find(const index::BlockHash& hash) const;
    /// The raw block. An error: it is not there any more, or not whole.
    [[nodiscard]] FileResult<index::Bytes> Read(const BlockPosition& position) const;
    /// Some bytes of the block. Precondition: offset + size <= position.size.
    [[nodiscard]] FileResult<index::Bytes> ReadPart(const BlockPosition& position,
                                                    std::uint32_t offset, std::uint32_t size) const;

    /// See BlockTable::BestChain(): 44 bytes per block, and 20 more meanwhile.
    [[nodiscard]] std::vector<ChainedBlock> BestChain() const;
    [[nodiscard]] std::size_t BlockCount() const;
    /// rev?????.dat, the undo data of the blocks in the file of that number: see UndoFile.
    [[nodiscard]] FileResult<MaskedFile> OpenUndo(std::uint32_t file) const;
    [[nodiscard]] std::filesystem::path PathOf(std::uint32_t file) const;
    [[nodiscard]] const std::filesystem::path& Directory() const { return directory_; }

private:
    struct File {
        ScanState scan;
        MaskedFile::Stamp seen;  ///< at the last look; zeros: look again
    };

    BlockFiles(const index::Coin& coin, std::filesystem::path directory, const XorKey& key)
        : coin_(coin), directory_(std::move(directory)), key_(key) {}

    FileResult<void> CheckNetwork();
    FileResult<void> ListFiles();
    [[nodiscard]] bool IsFinished(std::uint32_t number, const File& file) const;
    FileResult<void> Look(std::uint32_t number, File& file, const std::stop_token& stop,
                          Report& report);
    std::size_t Add(std::vector<FoundBlock>& found);

    const index::Coin& coin_;
    const std::filesystem::path directory_;
    const XorKey key_;

    std::mutex refresh_mutex_;  // guards the next three; taken before table_mutex_
    std::map<std::uint32_t, File> files_;
    MaskedFile::Stamp listed_;  ///< of the directory when it was listed; zeros: list it again
    bool newly_listed_ = false;

    mutable std::shared_mutex table_mutex_;
    BlockTable table_;  // guarded by table_mutex_
};

}  // namespace amber::daemon_client
