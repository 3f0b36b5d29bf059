#include "server/methods/registry.h"

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>

#include "server/methods/handlers.h"

namespace amber::server {
namespace {

constexpr ProtocolVersion k14{{1, 4, 0}};
constexpr ProtocolVersion k16{{1, 6, 0}};
constexpr ProtocolVersion k17{{1, 7, 0}};

constexpr std::span<const Parameter> kNoParameters;
constexpr Parameter kBlockHeader[] = {{"height"}, {"cp_height", false}};
constexpr Parameter kBlockHeaders[] = {{"start_height"}, {"count"}, {"cp_height", false}};
constexpr Parameter kEstimatefee[] = {{"number"}, {"mode", false}};
constexpr Parameter kHeaderGet[] = {{"block"}};
/// Of protocol 1.2 and 1.3; means nothing now, but npm's electrum-client still sends it.
constexpr Parameter kHeadersSubscribe[] = {{"raw", false}};
constexpr Parameter kScripthash[] = {{"scripthash"}};
constexpr Parameter kScripthashHistory[] = {
    {"scripthash"}, {"from_height", false}, {"to_height", false}};
constexpr Parameter kScriptpubkey[] = {{"scriptpubkey"}};
constexpr Parameter kScriptpubkeyHistory[] = {
    {"scriptpubkey"}, {"from_height", false}, {"to_height", false}};
/// The hint is for servers that can look by script only.
constexpr Parameter kOutpointHint[] = {{"tx_hash"}, {"txout_idx"}, {"spk_hint", false}};
constexpr Parameter kOutpoint[] = {{"tx_hash"}, {"txout_idx"}};
constexpr Parameter kBroadcast[] = {{"raw_tx"}};
constexpr Parameter kBroadcastPackage[] = {{"raw_txs"}, {"verbose", false}};
constexpr Parameter kRawTxs[] = {{"raw_txs"}};
constexpr Parameter kTransaction[] = {{"tx_hash"}};
constexpr Parameter kTransactionGet[] = {{"tx_hash"}, {"verbose", false}};
constexpr Parameter kConfirmedBlockhash[] = {{"tx_hash"}, {"include_header", false}};
constexpr Parameter kGetMerkle[] = {{"tx_hash"}, {"height", false}};
constexpr Parameter kIdFromPos[] = {{"height"}, {"tx_pos"}, {"merkle", false}};
constexpr Parameter kUtxo[] = {{"tx_hash"}, {"out_n"}};
constexpr Parameter kAddPeer[] = {{"features"}};
constexpr Parameter kPing[] = {{"pong_len", false}, {"data", false}};
constexpr Parameter kVersion[] = {{"client_name", false}, {"protocol_version", false}};

using namespace handlers;
constexpr auto kSession = Method::Bound::session;

// Those of one name stand together. Some are served in versions that do not have them: relayfee
// after 1.5, unsubscribe before 1.4.2, and what only Fulcrum has in all.
constexpr Method kMethods[] = {
    {"blockchain.block.header", k14, kNever, kBlockHeader, BlockchainBlockHeader,
     "with `cp_height` proofs"},
    {"blockchain.block.headers", k14, kNever, kBlockHeaders, BlockchainBlockHeaders,
     "up to 2,016; a list from 1.6 on, one hex text before"},
    {"blockchain.estimatefee", k14, kNever, kEstimatefee, BlockchainEstimatefee,
     "with the mode of 1.6"},
    {"blockchain.header.get", k14, kNever, kHeaderGet, BlockchainHeaderGet,
     "by block hash or height; as Fulcrum"},
    {"blockchain.headers.get_tip", k14, kNever, kNoParameters, BlockchainHeadersGetTip,
     "as Fulcrum"},
    {"blockchain.headers.subscribe", k14, kNever, kHeadersSubscribe, BlockchainHeadersSubscribe,
     "notifies of each new tip"},
    {"blockchain.headers.unsubscribe", k14, kNever, kNoParameters, BlockchainHeadersUnsubscribe,
     "as Fulcrum", kSession},
    {"blockchain.outpoint.get_status", k17, kNever, kOutpointHint, BlockchainOutpointGetStatus,
     "what has become of an output; the hint is not needed"},
    {"blockchain.outpoint.subscribe", k17, kNever, kOutpointHint, BlockchainOutpointSubscribe,
     "notifies when it comes, confirms, is spent, and back"},
    {"blockchain.outpoint.unsubscribe", k17, kNever, kOutpoint, BlockchainOutpointUnsubscribe, "",
     kSession},
    {"blockchain.relayfee", k14, kNever, kNoParameters, BlockchainRelayfee,
     "gone from 1.6, served all the same"},
    {"blockchain.scripthash.get_balance", k14, k17, kScripthash, BlockchainScripthashGetBalance,
     ""},
    {"blockchain.scripthash.get_first_use", k14, kNever, kScripthash,
     BlockchainScripthashGetFirstUse, "as Fulcrum"},
    {"blockchain.scripthash.get_history", k14, k17, kScripthashHistory,
     BlockchainScripthashGetHistory,
     "of a range of blocks, as Fulcrum: from a height, up to one that is left out (-1: all the "
     "rest)"},
    {"blockchain.scripthash.get_mempool", k14, k17, kScripthash, BlockchainScripthashGetMempool,
     ""},
    {"blockchain.scripthash.get_status", k14, kNever, kScripthash, BlockchainScripthashGetStatus,
     "as Fulcrum: subscribes to nothing"},
    {"blockchain.scripthash.listunspent", k14, k17, kScripthash, BlockchainScripthashListunspent,
     ""},
    {"blockchain.scripthash.subscribe", k14, k17, kScripthash, BlockchainScripthashSubscribe,
     "notifies of each change, however long the history is"},
    {"blockchain.scripthash.unsubscribe", k14, k17, kScripthash, BlockchainScripthashUnsubscribe,
     "new in 1.4.2, served before", kSession},
    {"blockchain.scriptpubkey.get_balance", k17, kNever, kScriptpubkey,
     BlockchainScriptpubkeyGetBalance, ""},
    {"blockchain.scriptpubkey.get_history", k17, kNever, kScriptpubkeyHistory,
     BlockchainScriptpubkeyGetHistory, "also of a range of blocks"},
    {"blockchain.scriptpubkey.get_mempool", k17, kNever, kScriptpubkey,
     BlockchainScriptpubkeyGetMempool, ""},
    {"blockchain.scriptpubkey.listunspent", k17, kNever, kScriptpubkey,
     BlockchainScriptpubkeyListunspent, ""},
    {"blockchain.scriptpubkey.subscribe", k17, kNever, kScriptpubkey,
     BlockchainScriptpubkeySubscribe, "notifies with the script hash"},
    {"blockchain.scriptpubkey.unsubscribe", k17, kNever, kScriptpubkey,
     BlockchainScriptpubkeyUnsubscribe, "", kSession},
    {"blockchain.transaction.broadcast", k14, kNever, kBroadcast, BlockchainTransactionBroadcast,
     ""},
    {"blockchain.transaction.broadcast_package", k16, kNever, kBroadcastPackage,
     BlockchainTransactionBroadcastPackage, "needs a node with `submitpackage`"},
    {"blockchain.transaction.get", k14, kNever, kTransactionGet, BlockchainTransactionGet,
     "also verbose; from the node, with no `txindex`"},
    {"blockchain.transaction.get_confirmed_blockhash", k14, kNever, kConfirmedBlockhash,
     BlockchainTransactionGetConfirmedBlockhash, "as Fulcrum"},
    {"blockchain.transaction.get_height", k14, kNever, kTransaction, BlockchainTransactionGetHeight,
     "as Fulcrum: 0 in the mempool"},
    {"blockchain.transaction.get_merkle", k14, kNever, kGetMerkle, BlockchainTransactionGetMerkle,
     "the height may be left out"},
    {"blockchain.transaction.id_from_pos", k14, kNever, kIdFromPos, BlockchainTransactionIdFromPos,
     ""},
    {"blockchain.transaction.subscribe", k14, kNever, kTransaction, BlockchainTransactionSubscribe,
     "as Fulcrum: notifies of its height"},
    {"blockchain.transaction.testmempoolaccept", k17, kNever, kRawTxs,
     BlockchainTransactionTestmempoolaccept, "asks the node"},
    {"blockchain.transaction.unsubscribe", k14, kNever, kTransaction,
     BlockchainTransactionUnsubscribe, "as Fulcrum", kSession},
    {"blockchain.utxo.get_info", k14, kNever, kUtxo, BlockchainUtxoGetInfo,
     "as Fulcrum; the script from the node"},
    {"mempool.get_fee_histogram", k14, kNever, kNoParameters, MempoolGetFeeHistogram, ""},
    {"mempool.get_info", k16, kNever, kNoParameters, MempoolGetInfo, ""},
    {"mempool.recent", k17, kNever, kNoParameters, MempoolRecent,
     "the last ten that came in, whatever became of them"},
    {"server.add_peer", k14, kNever, kAddPeer, ServerAddPeer,
     "`false` unless the caller is seen to speak for that server", kSession},
    {"server.banner", k14, kNever, kNoParameters, ServerBanner, "", kSession},
    {"server.donation_address", k14, kNever, kNoParameters, ServerDonationAddress, ""},
    {"server.features", k14, kNever, kNoParameters, ServerFeatures, ""},
    {"server.peers.subscribe", k14, kNever, kNoParameters, ServerPeersSubscribe,
     "empty unless `--peer-discovery` is on", kSession},
    {"server.ping", k14, k17, kNoParameters, ServerPing, ""},
    {"server.ping", k17, kNever, kPing, ServerPingPong, "answers as many digits as asked for"},
    {"server.version", k14, kNever, kVersion, ServerVersion, "once per session", kSession, true},
};

/// To the first of a name.
using ByName = boost::unordered_flat_map<std::string_view, const Method*>;

const ByName& Names() {
    static const ByName names = [] {
        ByName map;
        for (const Method& method : kMethods) map.emplace(method.name, &method);
        return map;
    }();
    return names;
}

}  // namespace

std::span<const Method> Methods() { return kMethods; }

const Method* FindMethod(std::string_view name, ProtocolVersion version) {
    const auto found = Names().find(name);
    if (found == Names().end()) return nullptr;
    const Method* const end = std::end(kMethods);
    for (const Method* method = found->second; method != end && method->name == name; ++method)
        if (method->since <= version && version < method->until) return method;
    return nullptr;
}

}  // namespace amber::server
