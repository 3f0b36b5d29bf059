#include "daemon_client/block_files/undo_file.h"

#include <algorithm>
#include <cstring>

#include "index/chain/byte_reader.h"
#include "index/chain/sha256.h"

namespace amber::daemon_client {

using index::ByteReader;
using index::ByteView;

namespace {

constexpr std::size_t kChecksumBytes = 32;
/// Nodes begin a new file long before.
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30;

}  // namespace

FileResult<UndoFile> UndoFile::Load(const MaskedFile& file, const index::Coin& coin) {
    const auto stamp = file.GetStamp();
    if (!stamp) return stamp.error();
    if (stamp->size > kFileBytesMax)
        return file.Error(kFileBytesMax, "a file of undo data is never that long");
    UndoFile undo;
    undo.bytes_.resize(stamp->size);
    const auto got = file.Read(0, undo.bytes_);
    if (!got) return got.error();
    undo.bytes_.resize(*got);

    ByteReader in(undo.bytes_);
    for (;;) {
        const ByteView magic = in.Take(sizeof coin.magic);
        const std::uint32_t size = in.U32();
        const std::uint64_t offset = in.Offset();
        const ByteView data = in.Take(size);
        in.Take(kChecksumBytes);
        ByteReader count(data);
        const std::uint64_t transactions = count.CompactSize();
        if (!in.Ok() || !count.Ok() || !std::ranges::equal(magic, coin.magic)) return undo;
        undo.records_.push_back({offset, size, transactions});
        undo.end_ = in.Offset();
    }
}

std::optional<ByteView> UndoFile::Find(const index::BlockHash& previous, std::size_t tx_count) {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const std::size_t number = (after_last_ + i) % records_.size();
        const Record& record = records_[number];
        if (record.transactions + 1 != tx_count || !Belongs(record, previous)) continue;
        after_last_ = number + 1;
        return ByteView(bytes_).subspan(record.offset, record.size);
    }
    return std::nullopt;
}

bool UndoFile::Belongs(const Record& record, const index::BlockHash& previous) const {
    const ByteView data = ByteView(bytes_).subspan(record.offset, record.size);
    std::uint8_t checksum[kChecksumBytes];
    const index::HashJob job{{previous.View(), data, {}}, checksum};
    index::Sha256dMany({&job, 1});
    return std::memcmp(checksum, data.data() + data.size(), sizeof checksum) == 0;
}

}  // namespace amber::daemon_client
