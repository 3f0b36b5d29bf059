#include "server/methods/answer_cache.h"

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

std::optional<std::string_view> AnswerCache::Find(const index::HashX& script, AnswerKind kind) {
    const auto found = entries_.find({script, kind});
    if (found == entries_.end() || !found->second.known) return std::nullopt;
    found->second.used = true;
    return found->second.answer;
}

void AnswerCache::Keep(const index::HashX& script, AnswerKind kind, std::string_view answer) {
    if (answer.size() > kLongest || max_bytes_ < 4 * kLongest) return;
    const Key key{script, kind};
    const auto [place, added] = entries_.try_emplace(key);
    if (added) {
        queue_.push_back(key);
        bytes_ += BytesOf(place->second);
    }
    Set(place->second, answer);
    place->second.known = true;
    while (bytes_ > max_bytes_) MakeRoom();
}

void AnswerCache::Set(Entry& entry, std::string_view answer) {
    bytes_ -= BytesOf(entry);
    entry.answer = std::string(answer);
    bytes_ += BytesOf(entry);
}

void AnswerCache::MakeRoom() {
    for (int chances = kMaxChances;; --chances) {
        const Key key = queue_.front();
        queue_.pop_front();
        const auto entry = entries_.find(key);
        if (!entry->second.used || chances == 0) {
            bytes_ -= BytesOf(entry->second);
            entries_.erase(entry);
            return;
        }
        entry->second.used = false;
        queue_.push_back(key);
    }
}

void AnswerCache::Forget(std::span<const index::HashX> scripts) {
    if (entries_.empty()) return;
    for (const index::HashX& script : scripts)
        for (const AnswerKind kind : kKinds) {
            const auto found = entries_.find({script, kind});
            if (found == entries_.end()) continue;
            Set(found->second, {});
            found->second.known = found->second.used = false;
        }
}

}  // namespace amber::server
