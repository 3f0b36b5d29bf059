#include "server/methods/shapes.h"

#include <algorithm>
#include <cstdlib>

#include "index/chain/hex.h"

namespace amber::server {

void WriteHistory(JsonWriter& out, const std::vector<index::HistoryEntry>& entries) {
    char separator = '[';
    for (const index::HistoryEntry& entry : entries) {
        out.Raw(separator);
        if (entry.confirmed)
            out.Raw(R"({"height":)");
        else
            out.Raw(R"({"fee":)").Int(entry.fee).Raw(R"(,"height":)");
        out.Int(entry.height).Raw(R"(,"tx_hash":)").DisplayHex(entry.txid).Raw('}');
        separator = ',';
    }
    out.Raw(entries.empty() ? "[]" : "]");
}

void WriteUnspent(JsonWriter& out, const std::vector<index::Unspent>& outputs) {
    char separator = '[';
    for (const index::Unspent& output : outputs) {
        out.Raw(separator).Raw(R"({"height":)").Uint(output.height);
        out.Raw(R"(,"tx_hash":)").DisplayHex(output.txid);
        out.Raw(R"(,"tx_pos":)").Uint(output.index);
        out.Raw(R"(,"value":)").Int(output.value).Raw('}');
        separator = ',';
    }
    out.Raw(outputs.empty() ? "[]" : "]");
}

void WriteBranch(JsonWriter& out, const std::vector<index::MerkleNode>& branch) {
    char separator = '[';
    for (const index::MerkleNode& node : branch) {
        out.Raw(separator).DisplayHex(node);
        separator = ',';
    }
    out.Raw(branch.empty() ? "[]" : "]");
}

void WriteStatus(JsonWriter& out, const std::optional<index::StatusHash>& status) {
    if (status)
        out.Hex(status->View());
    else
        out.Raw("null");
}

std::optional<index::StatusHash> ReadStatus(std::string_view json) {
    if (json == "null") return std::nullopt;
    const auto bytes = index::FromHex(json.substr(1, json.size() - 2));
    index::StatusHash status;
    if (!bytes || bytes->size() != status.bytes.size()) std::abort();
    std::copy(bytes->begin(), bytes->end(), status.bytes.begin());
    return status;
}

RpcError HistoryTooLarge() { return {RpcFault::history_too_large, kHistoryTooLarge}; }

RpcError HeightOutOfRange(std::uint32_t height) {
    return {RpcFault::bad_request, "height " + std::to_string(height) + " out of range"};
}

}  // namespace amber::server
