#include "server/methods/raw_tx_cache.h"

namespace amber::server {

RawTxCache::Text RawTxCache::Find(const index::Txid& txid, const index::BlockHash& block) {
    const std::lock_guard lock(mutex_);
    const auto found = by_txid_.find(txid);
    if (found == by_txid_.end() || found->second->block != block) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->hex;
}

void RawTxCache::Put(const index::Txid& txid, const index::BlockHash& block, Text hex) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_txid_.find(txid); found != by_txid_.end()) Erase(found->second);
    entries_.push_front({txid, block, std::move(hex)});
    by_txid_[txid] = entries_.begin();
    bytes_ += entries_.front().Bytes();
    while (bytes_ > max_bytes_) Erase(std::prev(entries_.end()));
}

void RawTxCache::Erase(Entries::iterator entry) {
    bytes_ -= entry->Bytes();
    by_txid_.erase(entry->txid);
    entries_.erase(entry);
}

}  // namespace amber::server
