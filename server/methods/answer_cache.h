#pragma once
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "index/chain/hash_x.h"
#include "server/protocol/json_writer.h"
#include "server/secret_hash.h"

namespace amber::server {

/// What is asked about one script.
enum class AnswerKind : std::uint8_t { balance, history, mempool, status, unspent };

/// Answers about scripts, as the JSON text that went out: wallets ask the same of the same scripts
/// again and again, and reading an answer from tables costs ten times what finding it here does.
/// Invariant: every answer is right at one view, named by its serial. Who is at another view, still
/// or already, neither finds answers nor adds any.
/// Bound: `max_bytes`. To make room the oldest answers go, those last that were asked for
/// meanwhile. Answers of more than kLongest bytes are never kept. Thread: any.
class AnswerCache {
public:
    static constexpr std::size_t kLongest = 16 << 10;

    explicit AnswerCache(std::size_t max_bytes) : max_shard_bytes_(max_bytes / kShards) {}

    /// The answer, to the end of `out`; false if it is not here.
    [[nodiscard]] bool Find(std::uint64_t serial, const index::HashX& script, AnswerKind kind,
                            JsonWriter& out);
    void Keep(std::uint64_t serial, const index::HashX& script, AnswerKind kind,
              std::string_view answer);
    /// Goes to the next view, which changed `touched` and nothing else.
    void MoveTo(std::uint64_t serial, std::span<const index::HashX> touched);

    [[nodiscard]] std::size_t Bytes();

private:
    static constexpr std::size_t kShards = 64;

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
    /// All kinds of a script are in one shard.
    struct Shard {
        std::mutex mutex;  ///< guards all below
        std::uint64_t serial = 0;
        std::size_t bytes = 0;
        boost::unordered_flat_map<Key, Entry, HashOfKey> entries;
        std::deque<Key> queue;  ///< every key of `entries` once, the next to go first

        void Set(Entry& entry, std::string_view answer);
        void Forget(const index::HashX& script);
        void MakeRoom();
    };

    static std::size_t BytesOf(const Entry& entry);
    [[nodiscard]] std::size_t ShardNumber(const index::HashX& script) const {
        return secret_hash_(script) % kShards;
    }

    const std::size_t max_shard_bytes_;
    const SecretHash secret_hash_;
    std::array<Shard, kShards> shards_;
};

}  // namespace amber::server
