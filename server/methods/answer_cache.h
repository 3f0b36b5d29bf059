#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "index/chain/hash_x.h"
#include "server/secret_hash.h"

namespace amber::server {

/// What is asked about one script.
enum class AnswerKind : std::uint8_t { balance, history, mempool, status, unspent };

/// Answers about scripts, as the JSON text that went out: wallets ask the same of the same scripts
/// again and again, and reading an answer from tables costs ten times what finding it here does.
/// Invariant: every answer is right at the one view the owner is at; so the owner forgets, when it
/// moves to the next view, the scripts that view touched.
/// Bound: `max_bytes`. To make room the oldest answers go, those last that were asked for
/// meanwhile. Answers of more than kLongest bytes are never kept. Thread: one.
class AnswerCache {
public:
    static constexpr std::size_t kLongest = 16 << 10;

    explicit AnswerCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// Holds until the next call.
    [[nodiscard]] std::optional<std::string_view> Find(const index::HashX& script, AnswerKind kind);
    void Keep(const index::HashX& script, AnswerKind kind, std::string_view answer);
    void Forget(std::span<const index::HashX> scripts);

    [[nodiscard]] std::size_t Bytes() const { return bytes_; }

private:
    struct Key {
        index::HashX script;
        AnswerKind kind;
        bool operator==(const Key&) const = default;
    };
    struct HashOfKey {
        using is_avalanching = void;
        SecretHash hash;
        std::size_t operator()(const Key& key) const noexcept {
            return hash(key.script, static_cast<std::uint8_t>(key.kind));
        }
    };
    struct Entry {
        std::string answer;
        bool known = false;  ///< false: forgotten; the entry waits for its turn to go
        bool used = false;   ///< since it was kept or had its last chance
    };

    static std::size_t BytesOf(const Entry& entry);
    void Set(Entry& entry, std::string_view answer);
    void MakeRoom();

    const std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    boost::unordered_flat_map<Key, Entry, HashOfKey> entries_;
    std::deque<Key> queue_;  ///< every key of entries_ once, the next to go first
};

}  // namespace amber::server
