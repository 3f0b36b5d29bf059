#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
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
/// Bound: `max_bytes`. Answers not asked for since about half of that came in are forgotten; those
/// of more than kLongest bytes are never kept.
/// Thread: one.
class AnswerCache {
public:
    static constexpr std::size_t kLongest = 16 << 10;

    explicit AnswerCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// Holds until the next call.
    [[nodiscard]] std::optional<std::string_view> Find(const index::HashX& script, AnswerKind kind);
    void Keep(const index::HashX& script, AnswerKind kind, std::string_view answer);
    void Forget(std::span<const index::HashX> scripts);

    [[nodiscard]] std::size_t Bytes() const { return young_.bytes + old_.bytes; }

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
    /// A map does not give memory back one by one: so there are two, and the old one goes whole.
    struct Generation {
        boost::unordered_flat_map<Key, std::string, HashOfKey> answers;
        std::size_t bytes = 0;

        void Erase(const Key& key);
    };
    void Insert(const Key& key, std::string&& answer);

    const std::size_t max_bytes_;
    Generation young_, old_;
};

}  // namespace amber::server
