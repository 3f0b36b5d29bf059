#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "daemon_client/block_files/block_position.h"
#include "daemon_client/block_files/masked_file.h"
#include "index/chain/coin.h"

namespace amber::daemon_client {

// blk file := records, then perhaps zeros that the node has laid out for blocks to come
// record   := magic of the network (4), size (4, little-endian), block (size)

/// How far the records of one file are known. Kept between two looks at it.
struct ScanState {
    std::uint64_t next = 0;      ///< where the next record begins, or will
    std::uint64_t searched = 0;  ///< at the last look no record began from `next` up to here
    struct Last {
        std::uint64_t offset = 0;  ///< of its block
        index::BlockHash hash;
    };
    std::optional<Last> last;  ///< record found last
    /// The problem told last was here, so that it is told once.
    std::optional<std::uint64_t> told;
};

/// Looks for blocks in one file, reading no more than their headers.
///
/// Where no good record stands (wrong magic, a size that no block has, a header without proof of
/// work, more bytes than the file has) the next one is searched for behind it, as Bitcoin Core does
/// when it rebuilds its index. If there is none, that place is looked at again next time: it is the
/// end of what has been written. A node that crashed writes over its last blocks: when the last
/// record is not what it was, the file is read anew.
class RecordScan {
public:
    using Found = std::function<void(const FoundBlock&)>;

    /// `number` is the file's. Borrows everything.
    RecordScan(const MaskedFile& file, std::uint32_t number, const index::Coin& coin,
               ScanState& state, const Found& found, std::vector<FileError>& problems)
        : file_(file),
          number_(number),
          coin_(coin),
          state_(state),
          found_(found),
          problems_(problems) {}

    /// From where `state` is to the end of the file, or until asked to stop. An error: the file
    /// could not be read; `state` and what was found stay right.
    FileResult<void> Run(const std::stop_token& stop);

private:
    enum class Verdict { good, cut_off, bad };

    FileResult<index::ByteView> View(std::uint64_t offset, std::size_t size);
    FileResult<bool> LastIsStillThere();
    FileResult<Verdict> Judge(std::uint64_t offset);
    Verdict Refuse(Verdict verdict, std::string why);
    FileResult<std::optional<std::uint64_t>> Search(std::uint64_t from, std::uint64_t& doubtful);
    FileResult<bool> SkipDamage(bool moved);
    FileResult<bool> IsUnused(std::uint64_t offset) const;
    [[nodiscard]] std::string ForeignNetwork(index::ByteView magic) const;
    void Tell(std::uint64_t offset, std::string what);

    const MaskedFile& file_;
    const std::uint32_t number_;
    const index::Coin& coin_;
    ScanState& state_;
    const Found& found_;
    std::vector<FileError>& problems_;

    std::uint64_t file_size_ = 0;
    index::Bytes window_;  ///< unmasked bytes from window_offset_ on
    std::uint64_t window_offset_ = 0;
    FoundBlock record_;  ///< that Judge() found good
    std::string why_;    ///< it found none
};

}  // namespace amber::daemon_client
