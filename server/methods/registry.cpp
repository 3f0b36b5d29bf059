#include "server/methods/registry.h"

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>

#include "server/methods/handlers.h"

namespace amber::server {
namespace {

constexpr ProtocolVersion k14{{1, 4, 0}};
constexpr ProtocolVersion k16{{1, 6, 0}};

constexpr Parameter kBlockHeader[] = {{"height"}, {"cp_height", false}};
constexpr Parameter kBlockHeaders[] = {{"start_height"}, {"count"}, {"cp_height", false}};
constexpr Parameter kEstimatefee[] = {{"number"}, {"mode", false}};
/// Of protocol 1.2 and 1.3; means nothing now, but npm's electrum-client still sends it.
constexpr Parameter kHeadersSubscribe[] = {{"raw", false}};
constexpr Parameter kScripthash[] = {{"scripthash"}};
constexpr Parameter kBroadcast[] = {{"raw_tx"}};
constexpr Parameter kBroadcastPackage[] = {{"raw_txs"}, {"verbose", false}};
constexpr Parameter kTransactionGet[] = {{"tx_hash"}, {"verbose", false}};
constexpr Parameter kGetMerkle[] = {{"tx_hash"}, {"height", false}};
constexpr Parameter kIdFromPos[] = {{"height"}, {"tx_pos"}, {"merkle", false}};
constexpr Parameter kAddPeer[] = {{"features"}};
constexpr Parameter kVersion[] = {{"client_name", false}, {"protocol_version", false}};

using namespace handlers;
constexpr auto kSession = Method::Bound::session;

// relayfee (gone from 1.6) and unsubscribe (new in 1.4.2) are served in all versions.
constexpr Method kMethods[] = {
    {"blockchain.block.header", k14, kBlockHeader, BlockchainBlockHeader},
    {"blockchain.block.headers", k14, kBlockHeaders, BlockchainBlockHeaders},
    {"blockchain.estimatefee", k14, kEstimatefee, BlockchainEstimatefee},
    {"blockchain.headers.subscribe", k14, kHeadersSubscribe, BlockchainHeadersSubscribe},
    {"blockchain.relayfee", k14, {}, BlockchainRelayfee},
    {"blockchain.scripthash.get_balance", k14, kScripthash, BlockchainScripthashGetBalance},
    {"blockchain.scripthash.get_history", k14, kScripthash, BlockchainScripthashGetHistory},
    {"blockchain.scripthash.get_mempool", k14, kScripthash, BlockchainScripthashGetMempool},
    {"blockchain.scripthash.listunspent", k14, kScripthash, BlockchainScripthashListunspent},
    {"blockchain.scripthash.subscribe", k14, kScripthash, BlockchainScripthashSubscribe},
    {"blockchain.scripthash.unsubscribe", k14, kScripthash, BlockchainScripthashUnsubscribe,
     kSession},
    {"blockchain.transaction.broadcast", k14, kBroadcast, BlockchainTransactionBroadcast},
    {"blockchain.transaction.broadcast_package", k16, kBroadcastPackage,
     BlockchainTransactionBroadcastPackage},
    {"blockchain.transaction.get", k14, kTransactionGet, BlockchainTransactionGet},
    {"blockchain.transaction.get_merkle", k14, kGetMerkle, BlockchainTransactionGetMerkle},
    {"blockchain.transaction.id_from_pos", k14, kIdFromPos, BlockchainTransactionIdFromPos},
    {"mempool.get_fee_histogram", k14, {}, MempoolGetFeeHistogram},
    {"mempool.get_info", k16, {}, MempoolGetInfo},
    {"server.add_peer", k14, kAddPeer, ServerAddPeer},
    {"server.banner", k14, {}, ServerBanner},
    {"server.donation_address", k14, {}, ServerDonationAddress},
    {"server.features", k14, {}, ServerFeatures},
    {"server.peers.subscribe", k14, {}, ServerPeersSubscribe},
    {"server.ping", k14, {}, ServerPing},
    {"server.version", k14, kVersion, ServerVersion, kSession, true},
};

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
    if (found == Names().end() || version < found->second->since) return nullptr;
    return found->second;
}

}  // namespace amber::server
