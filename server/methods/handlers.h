#pragma once
#include "server/methods/method.h"

// One file each, named like the method. Only the registry uses them.
namespace amber::server::handlers {

Outcome BlockchainBlockHeader(Call& call);
Outcome BlockchainBlockHeaders(Call& call);
Outcome BlockchainEstimatefee(Call& call);
Outcome BlockchainHeaderGet(Call& call);
Outcome BlockchainHeadersGetTip(Call& call);
Outcome BlockchainHeadersSubscribe(Call& call);
Outcome BlockchainHeadersUnsubscribe(Call& call);
Outcome BlockchainOutpointGetStatus(Call& call);
Outcome BlockchainOutpointSubscribe(Call& call);
Outcome BlockchainOutpointUnsubscribe(Call& call);
Outcome BlockchainRelayfee(Call& call);
Outcome BlockchainScripthashGetBalance(Call& call);
Outcome BlockchainScripthashGetFirstUse(Call& call);
Outcome BlockchainScripthashGetHistory(Call& call);
Outcome BlockchainScripthashGetMempool(Call& call);
Outcome BlockchainScripthashGetStatus(Call& call);
Outcome BlockchainScripthashListunspent(Call& call);
Outcome BlockchainScripthashSubscribe(Call& call);
Outcome BlockchainScripthashUnsubscribe(Call& call);
Outcome BlockchainScriptpubkeyGetBalance(Call& call);
Outcome BlockchainScriptpubkeyGetHistory(Call& call);
Outcome BlockchainScriptpubkeyGetMempool(Call& call);
Outcome BlockchainScriptpubkeyListunspent(Call& call);
Outcome BlockchainScriptpubkeySubscribe(Call& call);
Outcome BlockchainScriptpubkeyUnsubscribe(Call& call);
Outcome BlockchainTransactionBroadcast(Call& call);
Outcome BlockchainTransactionBroadcastPackage(Call& call);
Outcome BlockchainTransactionGet(Call& call);
Outcome BlockchainTransactionGetConfirmedBlockhash(Call& call);
Outcome BlockchainTransactionGetHeight(Call& call);
Outcome BlockchainTransactionGetMerkle(Call& call);
Outcome BlockchainTransactionIdFromPos(Call& call);
Outcome BlockchainTransactionSubscribe(Call& call);
Outcome BlockchainTransactionTestmempoolaccept(Call& call);
Outcome BlockchainTransactionUnsubscribe(Call& call);
Outcome BlockchainUtxoGetInfo(Call& call);
Outcome MempoolGetFeeHistogram(Call& call);
Outcome MempoolGetInfo(Call& call);
Outcome MempoolRecent(Call& call);
Outcome ServerAddPeer(Call& call);
Outcome ServerBanner(Call& call);
Outcome ServerDonationAddress(Call& call);
Outcome ServerFeatures(Call& call);
Outcome ServerPeersSubscribe(Call& call);
Outcome ServerPing(Call& call);
Outcome ServerPingPong(Call& call);
Outcome ServerVersion(Call& call);

}  // namespace amber::server::handlers
