#pragma once
#include "index/ports/node_error.h"
#include "server/protocol/rpc_error.h"

namespace amber::server {

/// How a failure of the node reaches a wallet: error 2, worded as ElectrumX does in Python,
/// because wallets match on the text.
RpcError DaemonError(const index::NodeError& error);

/// What is sent for a transaction that neither the index nor the node knows.
RpcError UnknownTransaction();

/// True if the node says that it has no such transaction.
bool IsUnknownTransaction(const index::NodeError& error);

}  // namespace amber::server
