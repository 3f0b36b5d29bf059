#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "index/chain/hash_x.h"
#include "index/query/query.h"
#include "server/protocol/json_writer.h"

// What can be subscribed to. A subject says what its key is, by which short name an announcement
// touches it, and how its status is told.
namespace amber::server {

/// Enough of a status to tell two apart.
using StatusDigest = std::array<std::uint8_t, 16>;

/// A notification as a whole line (with newline), in the words of either age of the protocol.
struct Notice {
    std::string line;
    std::string line_since_17;  ///< empty: the same
};

/// A script and the hash of its history; nothing for an unused one.
struct ScriptSubject {
    using Key = index::ScriptHash;
    using Status = std::optional<index::StatusHash>;
    using Touched = index::HashX;  ///< as in index::Announcement::touched
    /// Keys that share a short name have to be walked through. Honest scripts never do (2^-88).
    static constexpr unsigned kMaxSameName = 8;

    static index::HashX NameOf(const Key& script) { return index::ToHashX(script); }
    static index::HashX NameOf(const Touched& script) { return script; }
    static StatusDigest Digest(const Status& status);
    static Notice NoticeOf(const Key& script, const Status& status);
};

/// The index of no output: an outpoint with it stands for the transaction, and its status holds
/// the height alone.
inline constexpr std::uint32_t kWholeTransaction = 0xffffffff;

/// An output, or a transaction, and what has become of it.
struct OutpointSubject {
    using Key = index::OutPoint;
    using Status = index::OutpointStatus;
    using Touched = index::Txid;  ///< as in index::Announcement::touched_txs
    /// The outputs of one transaction share its name.
    static constexpr unsigned kMaxSameName = 1000;

    static index::HashX NameOf(const Key& outpoint) { return NameOf(outpoint.txid); }
    static index::HashX NameOf(const Touched& txid) {
        return index::ToHashX(index::HashCast<index::ScriptHash>(txid));
    }
    static StatusDigest Digest(const Status& status);
    static Notice NoticeOf(const Key& outpoint, const Status& status);
};

/// What Query says of the subject `key`.
inline ScriptSubject::Status StatusOf(index::Query& query, const ScriptSubject::Key& key) {
    return query.GetStatus(key);
}
OutpointSubject::Status StatusOf(index::Query& query, const OutpointSubject::Key& key);

/// {}, or {"funder_height"[,"spender_txhash","spender_height"]}
void WriteOutpoint(JsonWriter& out, const index::OutpointStatus& status);
/// The height of a status that is of a whole transaction, or null.
void WriteHeight(JsonWriter& out, const index::OutpointStatus& status);

}  // namespace amber::server
