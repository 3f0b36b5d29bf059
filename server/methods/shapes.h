#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/query/query.h"
#include "server/protocol/arguments.h"
#include "server/protocol/json_writer.h"
#include "server/protocol/rpc_error.h"

// JSON shapes that several methods share.
namespace amber::server {

/// Writes [{"height","tx_hash"}, ... {"fee","height","tx_hash"}, ...], entry by entry.
class HistoryWriter {
public:
    explicit HistoryWriter(JsonWriter& out) : out_(out) {}
    void Add(const index::HistoryEntry& entry);
    void End();

private:
    JsonWriter& out_;
    bool any_ = false;
};

/// A whole history, or that of some blocks. False if it has more than `limit` entries; then nothing
/// is written.
[[nodiscard]] bool WriteHistory(JsonWriter& out, index::Query& query,
                                const index::ScriptHash& script, const index::HistoryRange& range,
                                std::size_t limit);

/// [{"height","tx_hash","tx_pos","value"}, ...]
void WriteUnspent(JsonWriter& out, const std::vector<index::Unspent>& outputs);

/// ["hex", ...] in display order.
void WriteBranch(JsonWriter& out, const std::vector<index::MerkleNode>& branch);

/// Hex, or null.
void WriteStatus(JsonWriter& out, const std::optional<index::StatusHash>& status);

/// Reads what WriteStatus wrote.
std::optional<index::StatusHash> ReadStatus(std::string_view json);

/// Arguments 0 and 1, a txid and the index of an output.
index::OutPoint ReadOutpoint(Arguments& args);
/// Argument `i`, a list of transactions in hex that is not empty.
std::vector<std::string> ReadRawTxs(Arguments& args, std::size_t i);

RpcError HistoryTooLarge();
RpcError HeightOutOfRange(std::uint32_t height);

}  // namespace amber::server
