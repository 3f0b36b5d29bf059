#include "server/subscriptions/subject.h"

#include <algorithm>
#include <cstring>

#include "server/protocol/answer.h"

namespace amber::server {
namespace {

/// Stands for "none" beside the heights, which are -1 and above.
constexpr std::int32_t kNoHeight = -2;

std::string LineOf(std::string_view method, const std::string& params) {
    std::string line;
    AppendNotification(line, method, params);
    return line;
}

}  // namespace

StatusDigest ScriptSubject::Digest(const Status& status) {
    StatusDigest digest{};
    if (status) std::copy_n(status->bytes.begin(), digest.size(), digest.begin());
    return digest;
}

Notice ScriptSubject::NoticeOf(const Key& script, const Status& status) {
    std::string params;
    JsonWriter writer(params);
    writer.Raw('[').DisplayHex(script).Raw(',');
    if (status)
        writer.Hex(status->View());
    else
        writer.Raw("null");
    writer.Raw(']');
    return {LineOf("blockchain.scripthash.subscribe", params),
            LineOf("blockchain.scriptpubkey.subscribe", params)};
}

StatusDigest OutpointSubject::Digest(const Status& status) {
    const std::int32_t funder = status.funder_height.value_or(kNoHeight);
    const std::int32_t spender = status.spender ? status.spender->height : kNoHeight;
    StatusDigest digest{};
    std::memcpy(digest.data(), &funder, 4);
    std::memcpy(digest.data() + 4, &spender, 4);
    if (status.spender) std::memcpy(digest.data() + 8, status.spender->txid.bytes.data(), 8);
    return digest;
}

Notice OutpointSubject::NoticeOf(const Key& outpoint, const Status& status) {
    std::string params;
    JsonWriter writer(params);
    writer.Raw('[').DisplayHex(outpoint.txid).Raw(',');
    const bool whole = outpoint.index == kWholeTransaction;
    if (whole) {
        WriteHeight(writer, status);
    } else {
        writer.Uint(outpoint.index).Raw(',');
        WriteOutpoint(writer, status);
    }
    writer.Raw(']');
    return {LineOf(whole ? "blockchain.transaction.subscribe" : "blockchain.outpoint.subscribe",
                   params),
            {}};
}

OutpointSubject::Status StatusOf(index::Query& query, const OutpointSubject::Key& key) {
    if (key.index != kWholeTransaction) return query.GetOutpoint(key);
    OutpointSubject::Status status;
    if (const auto height = query.GetTransactionHeight(key.txid))
        status.funder_height = std::max(*height, 0);
    return status;
}

void WriteOutpoint(JsonWriter& out, const index::OutpointStatus& status) {
    if (!status.funder_height) {
        out.Raw("{}");
        return;
    }
    out.Raw(R"({"funder_height":)").Int(*status.funder_height);
    if (status.spender)
        out.Raw(R"(,"spender_txhash":)")
            .DisplayHex(status.spender->txid)
            .Raw(R"(,"spender_height":)")
            .Int(status.spender->height);
    out.Raw('}');
}

void WriteHeight(JsonWriter& out, const index::OutpointStatus& status) {
    if (status.funder_height)
        out.Int(*status.funder_height);
    else
        out.Raw("null");
}

}  // namespace amber::server
