#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "index/query/query.h"
#include "server/protocol/json_writer.h"
#include "server/protocol/rpc_error.h"

// JSON shapes that several methods share.
namespace amber::server {

/// [{"height","tx_hash"}, ... {"fee","height","tx_hash"}, ...]
void WriteHistory(JsonWriter& out, const std::vector<index::HistoryEntry>& entries);

/// [{"height","tx_hash","tx_pos","value"}, ...]
void WriteUnspent(JsonWriter& out, const std::vector<index::Unspent>& outputs);

/// ["hex", ...] in display order.
void WriteBranch(JsonWriter& out, const std::vector<index::MerkleNode>& branch);

/// Hex, or null.
void WriteStatus(JsonWriter& out, const std::optional<index::StatusHash>& status);

/// Reads what WriteStatus wrote.
std::optional<index::StatusHash> ReadStatus(std::string_view json);

RpcError HistoryTooLarge();
RpcError HeightOutOfRange(std::uint32_t height);

}  // namespace amber::server
