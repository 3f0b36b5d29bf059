#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

using index::BlockHash;
using index::NodeResult;
using index::Txid;

/// One transaction on its way from the node to a wallet.
struct Fetch {
    std::shared_ptr<Services> services;
    Txid txid;
    std::optional<BlockHash> block;  ///< where the index has it; else only the mempool is searched
    bool verbose;
    Reply reply;
};

void Ask(Fetch fetch);

void Deliver(const Fetch& fetch, const std::string& text) {
    if (fetch.verbose) return fetch.reply(text);
    if (fetch.block)
        fetch.services->raw_txs.Put(fetch.txid, *fetch.block,
                                    std::make_shared<const std::string>(text));
    fetch.reply('"' + text + '"');
}

void OnAnswer(Fetch fetch, const NodeResult<std::string>& answer) {
    if (answer) return Deliver(fetch, *answer);
    if (!IsUnknownTransaction(answer.error())) return fetch.reply(DaemonError(answer.error()));
    if (!fetch.block) return fetch.reply(UnknownTransaction());
    // The node has left that block behind: its transactions are in the mempool again.
    fetch.block.reset();
    Ask(std::move(fetch));
}

void Ask(Fetch fetch) {
    index::WalletNode& node = fetch.services->node;
    const auto [txid, block, verbose] = std::tuple(fetch.txid, fetch.block, fetch.verbose);
    auto done = [fetch = std::move(fetch)](const NodeResult<std::string>& answer) {
        OnAnswer(fetch, answer);
    };
    if (verbose)
        node.VerboseTransaction(txid, block, std::move(done));
    else
        node.RawTransaction(txid, block, std::move(done));
}

}  // namespace

Outcome BlockchainTransactionGet(Call& call) {
    const Txid txid = call.args.Txid(0);
    const bool verbose = call.args.Boolean(1, false);
    if (auto error = call.args.Error()) return *error;

    std::optional<BlockHash> block;
    if (const auto place = call.query.FindTransaction(txid))
        block = call.query.GetBlockHash(place->height);
    if (block && !verbose) {
        if (const auto known = call.services.raw_txs.Find(txid, *block)) {
            call.out.Raw('"').Raw(*known).Raw('"');
            return Step::done;
        }
    }
    Ask({call.services.shared_from_this(), txid, block, verbose, call.Defer()});
    return Step::deferred;
}

}  // namespace amber::server::handlers
