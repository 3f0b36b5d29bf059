#include "daemon_client/absent_rpc.h"

namespace amber::daemon_client {

using index::Bytes;
using index::NodeError;
using index::NodeResult;

namespace {

NodeError Absent() {
    return {NodeError::Kind::absent, 0, "there is no RPC of a node to ask (--daemon none)"};
}

}  // namespace

NodeResult<EmptyMempool::Listing> EmptyMempool::List() {
    const auto tip = blocks_.Tip();
    if (tip.has_error()) return tip.error();
    return Listing{tip->hash, {}};
}

NodeResult<std::vector<std::optional<Bytes>>> EmptyMempool::Fetch(
    std::span<const index::Txid> txids) {
    return std::vector<std::optional<Bytes>>(txids.size());
}

void AbsentWalletNode::Broadcast(std::string, Text done) { done(Absent()); }
void AbsentWalletNode::BroadcastPackage(std::vector<std::string>, Text done) { done(Absent()); }
void AbsentWalletNode::TestAccept(std::vector<std::string>, Text done) { done(Absent()); }
void AbsentWalletNode::EstimateFee(int, std::string, Callback<double> done) { done(Absent()); }
void AbsentWalletNode::GetFeeFloors(Callback<FeeFloors> done) { done(Absent()); }
void AbsentWalletNode::RawTransaction(index::Txid txid, std::optional<Place> place, Text done) {
    if (!place) return done(Absent());
    transactions_.Get(txid, *place, std::move(done));
}
void AbsentWalletNode::VerboseTransaction(index::Txid, std::optional<index::BlockHash>, Text done) {
    done(Absent());
}

}  // namespace amber::daemon_client
