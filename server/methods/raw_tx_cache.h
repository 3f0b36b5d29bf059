#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "index/chain/hash.h"

namespace amber::server {

/// Raw transactions as hex, those of blocks only: what a block holds under a txid never changes.
/// Least recently used ones go first when `max_bytes` is reached. Thread-safe.
class RawTxCache {
public:
    using Text = std::shared_ptr<const std::string>;

    explicit RawTxCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// Null if unknown, or known from another block.
    [[nodiscard]] Text Find(const index::Txid& txid, const index::BlockHash& block);
    void Put(const index::Txid& txid, const index::BlockHash& block, Text hex);

private:
    struct Entry {
        index::Txid txid;
        index::BlockHash block;
        Text hex;

        [[nodiscard]] std::size_t Bytes() const { return hex->size() + 256; }
    };
    using Entries = std::list<Entry>;  ///< most recently used first

    void Erase(Entries::iterator entry);

    const std::size_t max_bytes_;
    std::mutex mutex_;  ///< guards all below
    Entries entries_;
    std::unordered_map<index::Txid, Entries::iterator> by_txid_;
    std::size_t bytes_ = 0;
};

}  // namespace amber::server
