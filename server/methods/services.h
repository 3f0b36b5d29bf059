#pragma once
#include <atomic>
#include <cstdint>

#include "index/chain/coin.h"
#include "index/ports/node_events.h"
#include "index/ports/wallet_node.h"
#include "server/methods/fee_oracle.h"
#include "server/methods/raw_tx_cache.h"
#include "server/server_options.h"

namespace amber::server {

/// What methods work with, one for the whole server. Thread-safe in every part.
/// Invariant: outlives all threads of the server.
struct Services {
    Services(const ServerOptions& opts, const index::Coin& of, index::WalletNode& asked,
             index::NodeEventSink sink)
        : options(opts),
          coin(of),
          node(asked),
          on_node_event(std::move(sink)),
          fees(asked),
          raw_txs(opts.raw_tx_cache_bytes) {}

    const ServerOptions& options;
    const index::Coin& coin;
    index::WalletNode& node;
    index::NodeEventSink on_node_event;
    FeeOracle fees;
    RawTxCache raw_txs;
    std::atomic<std::uint64_t> txs_sent{0};

    /// Entries of a history that surely fit in one answer, as ElectrumX counts (protocol.md 11.1).
    [[nodiscard]] std::size_t HistoryLimit() const { return (options.max_send_bytes - 100) / 99; }
    /// The same for unspent outputs, whose entries are longer.
    [[nodiscard]] std::size_t UnspentLimit() const { return (options.max_send_bytes - 100) / 150; }
};

}  // namespace amber::server
