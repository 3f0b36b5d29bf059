#include "server/methods/shapes.h"

#include <algorithm>
#include <cstdlib>

#include "index/chain/hex.h"
#include "server/subscriptions/subject.h"

namespace amber::server {

void HistoryWriter::Add(const index::HistoryEntry& entry) {
    out_.Raw(any_ ? ',' : '[');
    any_ = true;
    if (entry.confirmed)
        out_.Raw(R"({"height":)");
    else
        out_.Raw(R"({"fee":)").Int(entry.fee).Raw(R"(,"height":)");
    out_.Int(entry.height).Raw(R"(,"tx_hash":)").DisplayHex(entry.txid).Raw('}');
}

void HistoryWriter::End() { out_.Raw(any_ ? "]" : "[]"); }

bool WriteHistory(JsonWriter& out, index::Query& query, const index::ScriptHash& script,
                  const index::HistoryRange& range, std::size_t limit) {
    HistoryWriter writer(out);
    const auto visited = query.VisitHistory(
        script, range, limit, [&](const index::HistoryEntry& entry) { writer.Add(entry); });
    if (visited) writer.End();
    return visited.has_value();
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

index::OutPoint ReadOutpoint(Arguments& args) {
    const index::Txid txid = args.Txid(0);
    const std::uint32_t index = args.NonNegative(1);
    if (index == kWholeTransaction)
        args.Fail(
            {RpcFault::bad_request, Quote(*args.Get(1)) + " is too large for an output index"});
    return {txid, index};
}

std::vector<std::string> ReadRawTxs(Arguments& args, std::size_t i) {
    std::vector<std::string> raw_txs;
    const JsonValue& list = *args.Get(i);
    if (list.kind != JsonKind::array || list.count == 0) {
        args.Fail({RpcFault::bad_request, "raw_txs should be a non-empty list of transactions"});
        return raw_txs;
    }
    const JsonValue* item = args.Document().First(list);
    for (std::uint32_t n = 0; n < list.count; ++n, item = args.Document().After(*item)) {
        if (item->kind != JsonKind::string) {
            args.Fail(
                {RpcFault::bad_request, "raw_txs should be a non-empty list of transactions"});
            break;
        }
        raw_txs.emplace_back(item->text);
    }
    return raw_txs;
}

RpcError HistoryTooLarge() { return {RpcFault::history_too_large, kHistoryTooLarge}; }

RpcError HeightOutOfRange(std::uint32_t height) {
    return {RpcFault::bad_request, "height " + std::to_string(height) + " out of range"};
}

}  // namespace amber::server
