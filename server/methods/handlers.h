#pragma once
#include "server/methods/method.h"

// One file each, named like the method. Only the registry uses them.
namespace amber::server::handlers {

Outcome BlockchainBlockHeader(Call& call);
Outcome BlockchainBlockHeaders(Call& call);
Outcome BlockchainEstimatefee(Call& call);
Outcome BlockchainHeadersSubscribe(Call& call);
Outcome BlockchainRelayfee(Call& call);
Outcome BlockchainScripthashGetBalance(Call& call);
Outcome BlockchainScripthashGetHistory(Call& call);
Outcome BlockchainScripthashGetMempool(Call& call);
Outcome BlockchainScripthashListunspent(Call& call);
Outcome BlockchainScripthashSubscribe(Call& call);
Outcome BlockchainScripthashUnsubscribe(Call& call);
Outcome BlockchainTransactionBroadcast(Call& call);
Outcome BlockchainTransactionBroadcastPackage(Call& call);
Outcome BlockchainTransactionGet(Call& call);
Outcome BlockchainTransactionGetMerkle(Call& call);
Outcome BlockchainTransactionIdFromPos(Call& call);
Outcome MempoolGetFeeHistogram(Call& call);
Outcome MempoolGetInfo(Call& call);
Outcome ServerAddPeer(Call& call);
Outcome ServerBanner(Call& call);
Outcome ServerDonationAddress(Call& call);
Outcome ServerFeatures(Call& call);
Outcome ServerPeersSubscribe(Call& call);
Outcome ServerPing(Call& call);
Outcome ServerVersion(Call& call);

}  // namespace amber::server::handlers
