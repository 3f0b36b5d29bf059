#include "daemon_client/mempool_reader.h"

#include <algorithm>
#include <future>

#include "daemon_client/json_text.h"
#include "index/chain/hex.h"

namespace amber::daemon_client {

using index::Bytes;
using index::NodeError;
using index::NodeResult;
using index::Txid;
using Kind = index::NodeError::Kind;

namespace {

constexpr int kTries = 5;                // to list between two blocks
constexpr std::size_t kChunk = 200;      // transactions in one batch
constexpr std::size_t kChunksAhead = 4;  // batches in flight
constexpr int kNotInMempool = -5;

using RawTxs = std::vector<std::optional<Bytes>>;

std::optional<std::vector<Txid>> ReadTxids(std::string_view array) {
    std::vector<Txid> txids;
    txids.reserve(array.size() / 67);
    JsonCursor cursor(array);
    if (!cursor.Take('[')) return std::nullopt;
    if (cursor.Take(']')) return txids;
    do {
        const auto value = cursor.Value();
        if (!value) return std::nullopt;
        const auto txid = index::FromDisplayHex<Txid>(PlainString(*value).value_or(""));
        if (!txid) return std::nullopt;
        txids.push_back(*txid);
    } while (cursor.Take(','));
    if (!cursor.Take(']')) return std::nullopt;
    return txids;
}

NodeResult<RawTxs> ReadRawTxs(const NodeResult<RpcClient::Answer>& answer) {
    if (answer.has_error()) return answer.error();
    RawTxs raw;
    for (const RpcResult& result : answer->results) {
        if (result.has_value()) {
            const auto hex = PlainString(*result);
            auto bytes = hex ? index::FromHex(*hex) : std::nullopt;
            if (!bytes) return WrongType("getrawtransaction", *result);
            raw.push_back(std::move(bytes));
        } else if (result.error().code == kNotInMempool) {
            raw.emplace_back();
        } else {
            return result.error();
        }
    }
    return raw;
}

}  // namespace

NodeResult<MempoolReader::Listing> MempoolReader::List() {
    for (int i = 0; i < kTries; ++i) {
        // The node works through a batch in order, so the list was read between the two tips.
        auto answers =
            client_.WaitBatch({{"getbestblockhash"}, {"getrawmempool"}, {"getbestblockhash"}},
                              RpcClient::CallOptions{});
        if (answers.has_error()) return answers.error();
        for (const auto& answer : *answers)
            if (answer.has_error()) return answer.error();
        const std::string& tip_text = *(*answers)[0];
        if (tip_text != *(*answers)[2]) continue;
        Listing listing;
        const auto tip =
            index::FromDisplayHex<index::BlockHash>(PlainString(tip_text).value_or(""));
        if (!tip) return WrongType("getbestblockhash", tip_text);
        auto txids = ReadTxids(*(*answers)[1]);
        if (!txids) return WrongType("getrawmempool", *(*answers)[1]);
        listing.tip = *tip;
        listing.txids = std::move(*txids);
        return listing;
    }
    return NodeError{Kind::overloaded, 0, "the node's tip keeps moving while its mempool is read"};
}

NodeResult<std::vector<std::optional<Bytes>>> MempoolReader::Fetch(std::span<const Txid> txids) {
    std::vector<std::future<NodeResult<RawTxs>>> chunks;
    RawTxs all;
    all.reserve(txids.size());
    std::optional<NodeError> failure;
    std::size_t asked = 0;
    for (std::size_t taken = 0; taken < chunks.size() || asked < txids.size();) {
        while (!failure && asked < txids.size() && chunks.size() < taken + kChunksAhead) {
            std::vector<RpcRequest> batch;
            for (const Txid& txid : txids.subspan(asked, std::min(kChunk, txids.size() - asked)))
                batch.push_back({"getrawtransaction", "[\"" + ToDisplayHex(txid) + "\",false]"});
            asked += batch.size();
            auto promise = std::make_shared<std::promise<NodeResult<RawTxs>>>();
            chunks.push_back(promise->get_future());
            client_.CallBatch(std::move(batch), {},
                              [promise](NodeResult<RpcClient::Answer> answer) {
                                  promise->set_value(ReadRawTxs(answer));
                              });
        }
        if (taken == chunks.size()) break;
        auto chunk = chunks[taken++].get();
        if (chunk.has_error())
            failure = chunk.error();
        else
            std::move(chunk->begin(), chunk->end(), std::back_inserter(all));
    }
    if (failure) return std::move(*failure);
    return all;
}

}  // namespace amber::daemon_client
