#include "daemon_client/wallet_gateway.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "daemon_client/json_text.h"

namespace amber::daemon_client {

namespace json = boost::json;
using index::BlockHash;
using index::NodeResult;
using index::Txid;

namespace {

// Arguments of sendrawtransaction (protocol.md 5.12): a fee rate that is surely a mistake, in
// BTC/kvB, and no limit on what data outputs may burn, in BTC. Older nodes do not know them.
constexpr const char* kMaxFeeRate = "0.1";
constexpr const char* kMaxBurn = "21000000";
constexpr int kKnowsMaxFeeRate = 190000;
constexpr int kKnowsMaxBurn = 250000;

constexpr RpcClient::CallOptions kMergeable{.merge = true};

std::optional<json::object> ParseObject(std::string_view text) {
    json::error_code failed;
    json::value value = json::parse({text.data(), text.size()}, failed);
    if (failed || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

std::optional<double> Number(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

std::string HexArray(const std::vector<std::string>& raw_tx_hex) {
    std::string array = "[[";
    for (const std::string& hex : raw_tx_hex) {
        if (&hex != &raw_tx_hex.front()) array += ',';
        array += JsonQuote(hex);
    }
    return array + "]]";
}

RpcRequest TransactionRequest(const Txid& txid, const std::optional<BlockHash>& block,
                              bool verbose) {
    std::string params = "[\"" + ToDisplayHex(txid) + "\"," + (verbose ? "true" : "false");
    if (block) params += ",\"" + ToDisplayHex(*block) + "\"";
    return {"getrawtransaction", params + "]"};
}

/// Hands on a result that must be a plain string.
RpcClient::OneDone StringFor(const char* method, index::WalletNode::Text done) {
    return [method, done = std::move(done)](const RpcResult& result) {
        if (result.has_error()) return done(result.error());
        const auto text = PlainString(*result);
        if (!text) return done(WrongType(method, *result));
        done(std::string(*text));
    };
}

/// Hands on a result that must be an object or array, as it stands.
RpcClient::OneDone JsonFor(const char* method, char opening, index::WalletNode::Text done) {
    return [method, opening, done = std::move(done)](const RpcResult& result) {
        if (result.has_error()) return done(result.error());
        if (result->front() != opening || !IsJson(*result)) return done(WrongType(method, *result));
        done(std::string(*result));
    };
}

}  // namespace

void WalletGateway::Broadcast(std::string raw_tx_hex, Text done) {
    std::string params = "[" + JsonQuote(raw_tx_hex);
    const int version = client_.Current().version;
    // A node not yet seen (0) is assumed to be a new one.
    if (version == 0 || version >= kKnowsMaxFeeRate) params += std::string(",") + kMaxFeeRate;
    if (version == 0 || version >= kKnowsMaxBurn) params += std::string(",") + kMaxBurn;
    client_.Call(RpcRequest{"sendrawtransaction", params + "]"}, {},
                 StringFor("sendrawtransaction", std::move(done)));
}

void WalletGateway::BroadcastPackage(std::vector<std::string> raw_tx_hex, Text done) {
    client_.Call(RpcRequest{"submitpackage", HexArray(raw_tx_hex)}, {},
                 JsonFor("submitpackage", '{', std::move(done)));
}

void WalletGateway::TestAccept(std::vector<std::string> raw_tx_hex, Text done) {
    client_.Call(RpcRequest{"testmempoolaccept", HexArray(raw_tx_hex)}, {},
                 JsonFor("testmempoolaccept", '[', std::move(done)));
}

void WalletGateway::EstimateFee(int blocks, std::string mode, Callback<double> done) {
    std::string params = "[" + std::to_string(blocks);
    if (!mode.empty()) params += "," + JsonQuote(mode);
    client_.Call(RpcRequest{"estimatesmartfee", params + "]"}, {},
                 [done = std::move(done)](const RpcResult& result) {
                     if (result.has_error()) return done(result.error());
                     const auto object = ParseObject(*result);
                     if (!object) return done(WrongType("estimatesmartfee", *result));
                     done(Number(*object, "feerate").value_or(-1));
                 });
}

void WalletGateway::GetFeeFloors(Callback<FeeFloors> done) {
    client_.Call(
        RpcRequest{"getmempoolinfo"}, {}, [this, done = std::move(done)](const RpcResult& result) {
            if (result.has_error()) return done(result.error());
            const auto object = ParseObject(*result);
            const auto mempool_min = object ? Number(*object, "mempoolminfee") : std::nullopt;
            if (!mempool_min) return done(WrongType("getmempoolinfo", *result));
            const auto relay = Number(*object, "minrelaytxfee");
            const auto incremental = Number(*object, "incrementalrelayfee");
            const FeeFloors floors{*mempool_min, relay.value_or(0), incremental.value_or(0)};
            if (relay && incremental) return done(floors);
            AskNetworkForFloors(floors, done);
        });
}

/// Nodes before 24.0 tell the incremental fee here only.
void WalletGateway::AskNetworkForFloors(FeeFloors known, Callback<FeeFloors> done) {
    client_.Call(RpcRequest{"getnetworkinfo"}, {},
                 [known, done = std::move(done)](const RpcResult& result) {
                     if (result.has_error()) return done(result.error());
                     const auto object = ParseObject(*result);
                     const auto relay = object ? Number(*object, "relayfee") : std::nullopt;
                     if (!relay) return done(WrongType("getnetworkinfo", *result));
                     FeeFloors floors = known;
                     floors.relay_min = *relay;
                     floors.incremental_relay = Number(*object, "incrementalfee").value_or(*relay);
                     done(floors);
                 });
}

void WalletGateway::RawTransaction(Txid txid, std::optional<Place> place, Text done) {
    const auto block = place ? std::optional(place->block) : std::nullopt;
    auto ask = [this, txid, block](Text then) {
        client_.Call(TransactionRequest(txid, block, false), kMergeable,
                     StringFor("getrawtransaction", std::move(then)));
    };
    if (!place) return ask(std::move(done));
    files_.Get(txid, *place, [ask, done = std::move(done)](std::optional<std::string> hex) {
        if (hex) return done(std::move(*hex));
        ask(done);
    });
}

void WalletGateway::VerboseTransaction(Txid txid, std::optional<BlockHash> block, Text done) {
    client_.Call(TransactionRequest(txid, block, true), kMergeable,
                 JsonFor("getrawtransaction", '{', std::move(done)));
}

WalletGateway::Software WalletGateway::LastSeenSoftware() const {
    DaemonInfo info = client_.Current();
    return {info.version, std::move(info.subversion)};
}

}  // namespace amber::daemon_client
