#include "server/methods/answer_cache.h"

#include <vector>

namespace amber::server {
namespace {

constexpr AnswerKind kKinds[] = {AnswerKind::balance, AnswerKind::history, AnswerKind::mempool,
                                 AnswerKind::status, AnswerKind::unspent};
/// Answers passed over at a time because they were asked for; then one goes all the same, so that
/// keeping an answer never takes long.
constexpr int kMaxChances = 64;

}  // namespace

std::size_t AnswerCache::BytesOf(const Entry& entry) {
    // In a table that is two thirds full, in the queue, and what the allocator adds.
    constexpr std::size_t kPlaces = (sizeof(Key) + sizeof(Entry)) * 3 / 2 + sizeof(Key) + 16;
    return kPlaces + entry.answer.capacity();
}

bool AnswerCache::Find(std::uint64_t serial, const index::HashX& script, AnswerKind kind,
                       JsonWriter& out) {
    Shard& shard = shards_[ShardNumber(script)];
    const std::lock_guard lock(shard.mutex);
    if (shard.serial != serial) return false;
    const auto found = shard.entries.find({script, kind});
    if (found == shard.entries.end() || !found->second.known) return false;
    found->second.used = true;
    out.Raw(found->second.answer);
    return true;
}

void AnswerCache::Keep(std::uint64_t serial, const index::HashX& script, AnswerKind kind,
                       std::string_view answer) {
    if (answer.size() > kLongest || max_shard_bytes_ < 4 * kLongest) return;
    const Key key{script, kind};
    Shard& shard = shards_[ShardNumber(script)];
    const std::lock_guard lock(shard.mutex);
    if (shard.serial != serial) return;
    const auto [place, added] = shard.entries.try_emplace(key);
    if (added) {
        shard.queue.push_back(key);
        shard.bytes += BytesOf(place->second);
    }
    shard.Set(place->second, answer);
    place->second.known = true;
    while (shard.bytes > max_shard_bytes_) shard.MakeRoom();
}

void AnswerCache::MoveTo(std::uint64_t serial, std::span<const index::HashX> touched) {
    std::array<std::vector<index::HashX>, kShards> by_shard;
    for (const index::HashX& script : touched) by_shard[ShardNumber(script)].push_back(script);
    for (std::size_t number = 0; number < kShards; ++number) {
        Shard& shard = shards_[number];
        const std::lock_guard lock(shard.mutex);
        shard.serial = serial;
        for (const index::HashX& script : by_shard[number]) shard.Forget(script);
    }
}

std::size_t AnswerCache::Bytes() {
    std::size_t bytes = 0;
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        bytes += shard.bytes;
    }
    return bytes;
}

void AnswerCache::Shard::Set(Entry& entry, std::string_view answer) {
    bytes -= BytesOf(entry);
    entry.answer = std::string(answer);
    bytes += BytesOf(entry);
}

void AnswerCache::Shard::MakeRoom() {
    for (int chances = kMaxChances;; --chances) {
        const Key key = queue.front();
        queue.pop_front();
        const auto entry = entries.find(key);
        if (!entry->second.used || chances == 0) {
            bytes -= BytesOf(entry->second);
            entries.erase(entry);
            return;
        }
        entry->second.used = false;
        queue.push_back(key);
    }
}

void AnswerCache::Shard::Forget(const index::HashX& script) {
    if (entries.empty()) return;
    for (const AnswerKind kind : kKinds) {
        const auto found = entries.find({script, kind});
        if (found == entries.end()) continue;
        Set(found->second, {});
        found->second.known = found->second.used = false;
    }
}

}  // namespace amber::server
