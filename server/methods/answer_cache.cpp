#include "server/methods/answer_cache.h"

#include <utility>

namespace amber::server {
namespace {

/// With its place in a table that is two thirds full, and what the allocator adds.
std::size_t BytesOf(const std::string& answer) { return answer.capacity() + 90; }

constexpr AnswerKind kKinds[] = {AnswerKind::balance, AnswerKind::history, AnswerKind::mempool,
                                 AnswerKind::status, AnswerKind::unspent};

}  // namespace

void AnswerCache::Generation::Erase(const Key& key) {
    const auto found = answers.find(key);
    if (found == answers.end()) return;
    bytes -= BytesOf(found->second);
    answers.erase(found);
}

std::optional<std::string_view> AnswerCache::Find(const index::HashX& script, AnswerKind kind) {
    const Key key{script, kind};
    const auto young = young_.answers.find(key);
    if (young != young_.answers.end()) return young->second;
    const auto old = old_.answers.find(key);
    if (old == old_.answers.end()) return std::nullopt;
    std::string answer = std::move(old->second);
    old_.bytes -= BytesOf(answer);
    old_.answers.erase(old);
    Insert(key, std::move(answer));
    return young_.answers.find(key)->second;
}

void AnswerCache::Keep(const index::HashX& script, AnswerKind kind, std::string_view answer) {
    if (answer.size() > kLongest || max_bytes_ < 4 * kLongest) return;
    const Key key{script, kind};
    old_.Erase(key);
    young_.Erase(key);
    Insert(key, std::string(answer));
}

void AnswerCache::Insert(const Key& key, std::string&& answer) {
    const std::size_t bytes = BytesOf(answer);
    if (young_.bytes + bytes > max_bytes_ / 2) {
        old_ = std::move(young_);
        young_ = Generation();
    }
    young_.bytes += bytes;
    young_.answers.emplace(key, std::move(answer));
}

void AnswerCache::Forget(std::span<const index::HashX> scripts) {
    if (Bytes() == 0) return;
    for (const index::HashX& script : scripts)
        for (const AnswerKind kind : kKinds) {
            young_.Erase({script, kind});
            old_.Erase({script, kind});
        }
}

}  // namespace amber::server
