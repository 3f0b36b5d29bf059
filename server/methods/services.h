#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "index/chain/coin.h"
#include "index/ports/node_events.h"
#include "index/ports/wallet_node.h"
#include "server/methods/answer_cache.h"
#include "server/methods/banner_file.h"
#include "server/methods/fee_oracle.h"
#include "server/methods/raw_tx_cache.h"
#include "server/server_options.h"

namespace amber::server {

class PeerDirectory;

/// What methods work with, one for the whole server. Thread-safe in every part. Callbacks given to
/// the node hold a share of it, because the node may answer after the server is gone.
struct Services : std::enable_shared_from_this<Services> {
    Services(ServerOptions opts, const index::Coin& of, index::WalletNode& asked,
             index::NodeEventSink sink, PeerDirectory* others)
        : options(std::move(opts)),
          coin(of),
          node(asked),
          on_node_event(std::move(sink)),
          peers(others),
          banner(options.banner_file, options.banner),
          tor_banner(options.tor_banner_file, {}),
          fees(std::make_shared<FeeOracle>(asked)),
          answers(options.answer_cache_bytes),
          raw_txs(options.raw_tx_cache_bytes) {}

    ServerOptions options;  ///< only its Limits change once this is shared
    const index::Coin& coin;
    index::WalletNode& node;
    index::NodeEventSink on_node_event;
    PeerDirectory* const peers;  ///< null: no peers are kept
    BannerFile banner;
    BannerFile tor_banner;  ///< without a file: there is no other banner for Tor
    const std::shared_ptr<FeeOracle> fees;
    AnswerCache answers;  ///< at the newest view announced
    RawTxCache raw_txs;
    std::atomic<std::uint64_t> txs_sent{0};

    /// Entries of a history at most: the operator's bound, and what surely fits in one answer as
    /// ElectrumX counts (protocol.md 11.1).
    [[nodiscard]] std::size_t HistoryLimit() const {
        return std::min(options.history_limit.Get(), (options.max_send_bytes - 100) / 99);
    }
    /// The same for unspent outputs, whose entries are longer.
    [[nodiscard]] std::size_t UnspentLimit() const { return (options.max_send_bytes - 100) / 150; }
};

}  // namespace amber::server
