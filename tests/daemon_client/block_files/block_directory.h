#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "daemon_client/block_files/xor_key.h"
#include "index/chain/bytes.h"
#include "index/chain/coin.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/raw_block.h"

namespace amber::daemon_client {

/// A directory of block files as a node writes them, or would never write them. Removed at the end.
class BlockDirectory {
public:
    /// With a key the files are masked and there is an xor.dat.
    explicit BlockDirectory(std::optional<std::array<std::uint8_t, 8>> key = {});
    ~BlockDirectory();

    /// These return where what they wrote begins in its file.
    std::uint64_t Append(std::uint32_t file, index::ByteView plain);
    std::uint64_t AppendRecord(std::uint32_t file, const index::Bytes& block);
    std::uint64_t AppendRecordHead(std::uint32_t file, std::uint32_t size);
    /// As they stand in the file, masked or not: what a node lays out.
    std::uint64_t AppendZeros(std::uint32_t file, std::size_t size);
    void Overwrite(std::uint32_t file, std::uint64_t offset, index::ByteView plain);
    /// Over zeros laid out before.
    void OverwriteRecord(std::uint32_t file, std::uint64_t offset, const index::Bytes& block);
    void Truncate(std::uint32_t file, std::uint64_t size);

    [[nodiscard]] std::uint64_t SizeOf(std::uint32_t file) const;
    [[nodiscard]] std::filesystem::path PathOf(std::uint32_t file) const;
    /// DATADIR/blocks of a node with a data directory of its own.
    [[nodiscard]] const std::filesystem::path& Path() const { return path_; }
    /// DATADIR/debug.log
    [[nodiscard]] std::filesystem::path LogPath() const {
        return path_.parent_path() / "debug.log";
    }

private:
    std::filesystem::path path_;
    XorKey key_;
};

/// Magic and size, as they stand before a block.
index::Bytes RecordHead(std::uint32_t size, const index::Coin& coin = Regtest());

index::BlockHash HashOf(const index::Bytes& block);

/// A block on `previous` with regtest's proof of work. Headers of different `salt` differ.
index::Bytes MineBlock(const index::BlockHash& previous, std::uint32_t salt,
                       const std::vector<index::RawTx>& txs = {index::RandomTx(1)});

/// `count` blocks, each on the one before, the first on `on`.
std::vector<index::Bytes> MineBranch(const index::BlockHash& on, std::size_t count,
                                     std::uint32_t salt);

}  // namespace amber::daemon_client
