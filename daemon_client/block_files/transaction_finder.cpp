#include "daemon_client/block_files/transaction_finder.h"

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;

FileResult<std::optional<Bytes>> TransactionFinder::Find(const BlockHash& block,
                                                         std::uint32_t place) {
    const auto position = files_.Find(block);
    if (!position) return std::nullopt;
    if (const Offsets offsets = Recall(block, *position)) {
        if (place >= offsets->size() - 1) return std::nullopt;
        const std::uint32_t begin = (*offsets)[place];
        auto bytes = files_.ReadPart(*position, begin, (*offsets)[place + 1] - begin);
        if (!bytes) return bytes.error();
        return std::move(*bytes);
    }

    const auto raw = files_.Read(*position);
    if (!raw) return raw.error();
    const auto damaged = [&](std::string what, std::size_t offset) {
        return FileError{files_.PathOf(position->file), position->offset + offset, std::move(what)};
    };
    const auto header_size = coin_.codec->HeaderSize(*raw);
    if (!header_size || coin_.codec->HashHeader(index::ByteView(*raw).first(*header_size)) != block)
        return damaged("block " + ToDisplayHex(block) + " is not here any more", 0);
    auto offsets = coin_.codec->TransactionOffsets(*raw);
    if (!offsets) return damaged(offsets.error().what, offsets.error().offset);

    std::optional<Bytes> transaction;
    if (place < offsets->size() - 1)
        transaction.emplace(raw->begin() + (*offsets)[place], raw->begin() + (*offsets)[place + 1]);
    Remember({block, *position,
              std::make_shared<const std::vector<std::uint32_t>>(std::move(*offsets))});
    return transaction;
}

std::size_t TransactionFinder::BytesHeld() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

TransactionFinder::Offsets TransactionFinder::Recall(const BlockHash& block,
                                                     const BlockPosition& position) {
    const std::lock_guard lock(mutex_);
    const auto found = by_block_.find(block);
    if (found == by_block_.end()) return nullptr;
    if (found->second->position != position) {  // written again, elsewhere
        Erase(found->second);
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->offsets;
}

void TransactionFinder::Remember(Entry entry) {
    const std::lock_guard lock(mutex_);
    if (const auto known = by_block_.find(entry.block); known != by_block_.end())
        Erase(known->second);
    bytes_ += entry.Bytes();
    entries_.push_front(std::move(entry));
    by_block_.emplace(entries_.front().block, entries_.begin());
    while (bytes_ > max_bytes_) Erase(std::prev(entries_.end()));
}

void TransactionFinder::Erase(Entries::iterator entry) {
    bytes_ -= entry->Bytes();
    by_block_.erase(entry->block);
    entries_.erase(entry);
}

}  // namespace amber::daemon_client
