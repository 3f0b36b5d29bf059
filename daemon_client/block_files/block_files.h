#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
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
/// a node is writing there or not; or in files of that form that somebody names.
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

    /// These files and no others, numbered in this order. Each that is named blk?????.dat is
    /// unmasked with the xor.dat beside it, if there is one. Finds no block yet. An error: a key
    /// cannot be read.
    static FileResult<std::unique_ptr<BlockFiles>> OpenList(
        const index::Coin& coin, const std::vector<std::filesystem::path>& paths);
    /// The blk?????.dat of a directory, by number.
    static FileResult<std::vector<std::filesystem::path>> ListDirectory(
        const std::filesystem::path& directory);

    struct Report {
        std::size_t blocks = 0;           ///< found for the first time
        std::vector<FileError> problems;  ///< each told once; all else was read
    };
    /// Hears how many files were looked at, of how many.
    using Progress = std::function<void(std::size_t done, std::size_t of)>;
    /// Looks for blocks that were added; costs a few microseconds if none were. Ends early when
    /// asked to stop. Never fails: what cannot be read is told of, and tried again next time.
    Report Refresh(const std::stop_token& stop = {}, const Progress& progress = {});

    [[nodiscard]] std::optional<BlockPosition> Find(const index::BlockHash& hash) const;
    /// The raw block. An error: it is not there any more, or not whole.
    [[nodiscard]] FileResult<index::Bytes> Read(const BlockPosition& position) const;
    /// Some bytes of the block. Precondition: offset + size <= position.size.
    [[nodiscard]] FileResult<index::Bytes> ReadPart(const BlockPosition& position,
                                                    std::uint32_t offset, std::uint32_t size) const;
    /// The bytes of a file from `offset` on. An error: it has fewer.
    [[nodiscard]] FileResult<index::Bytes> ReadBytes(std::uint32_t file, std::uint64_t offset,
                                                     std::size_t size) const;

    /// Of the blocks found so far. The chain takes 44 bytes per block, and 20 more meanwhile.
    [[nodiscard]] std::vector<ChainedBlock> BestChain(const index::BlockHash& root) const;
    [[nodiscard]] std::optional<BlockTable::Stranded> FindStranded(
        const index::BlockHash& root) const;
    [[nodiscard]] std::size_t CountUpTo(const index::BlockHash& root) const;
    [[nodiscard]] std::size_t BlockCount() const;
    [[nodiscard]] std::filesystem::path PathOf(std::uint32_t file) const;
    [[nodiscard]] const std::filesystem::path& Directory() const { return directory_; }

private:
    struct File {
        ScanState scan;
        MaskedFile::Stamp seen;  ///< at the last look; zeros: look again
    };

    struct Named {
        std::filesystem::path path;
        XorKey key;
    };

    BlockFiles(const index::Coin& coin, std::filesystem::path directory, const XorKey& key)
        : coin_(coin), directory_(std::move(directory)), key_(key) {}
    BlockFiles(const index::Coin& coin, std::vector<Named> list)
        : coin_(coin), list_(std::move(list)) {}

    [[nodiscard]] FileResult<MaskedFile> OpenFile(std::uint32_t number) const;
    FileResult<void> CheckNetwork();
    FileResult<void> ListFiles();
    [[nodiscard]] bool IsFinished(std::uint32_t number, const File& file) const;
    FileResult<void> Look(std::uint32_t number, File& file, const std::stop_token& stop,
                          Report& report);
    std::size_t Add(std::vector<FoundBlock>& found);

    const index::Coin& coin_;
    const std::filesystem::path directory_;  ///< empty: the files are those of list_
    const XorKey key_;
    const std::vector<Named> list_;  ///< by number

    std::mutex refresh_mutex_;  // guards the next three; taken before table_mutex_
    std::map<std::uint32_t, File> files_;
    MaskedFile::Stamp listed_;  ///< of the directory when it was listed; zeros: list it again
    bool newly_listed_ = false;

    mutable std::shared_mutex table_mutex_;
    BlockTable table_;  // guarded by table_mutex_
};

}  // namespace amber::daemon_client
