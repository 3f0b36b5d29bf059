#include "server/methods/daemon_error.h"
#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

using index::NodeResult;
using index::Txid;

/// One transaction on its way from the node to a wallet.
struct Fetch {
    std::shared_ptr<Services> services;
    Txid txid;
    /// Where the index has it; else only the mempool is searched.
    std::optional<index::WalletNode::Place> place;
    bool verbose;
    Reply reply;
};

void Ask(Fetch fetch);

void Deliver(const Fetch& fetch, const std::string& text) {
    if (fetch.verbose) return fetch.reply(text);
    if (fetch.place)
        fetch.services->raw_txs.Put(fetch.txid, fetch.place->block,
                                    std::make_shared<const std::string>(text));
    fetch.reply('"' + text + '"');
}

void OnAnswer(Fetch fetch, const NodeResult<std::string>& answer) {
    if (answer) return Deliver(fetch, *answer);
    if (!IsUnknownTransaction(answer.error())) return fetch.reply(DaemonError(answer.error()));
    if (!fetch.place) return fetch.reply(UnknownTransaction());
    // The node has left that block behind: its transactions are in the mempool again.
    fetch.place.reset();
    Ask(std::move(fetch));
}

void Ask(Fetch fetch) {
    index::WalletNode& node = fetch.services->node;
    const auto [txid, place, verbose] = std::tuple(fetch.txid, fetch.place, fetch.verbose);
    auto done = [fetch = std::move(fetch)](const NodeResult<std::string>& answer) {
        OnAnswer(fetch, answer);
    };
    if (verbose)
        node.VerboseTransaction(txid, place ? std::optional(place->block) : std::nullopt,
                                std::move(done));
    else
        node.RawTransaction(txid, place, std::move(done));
}

}  // namespace

Outcome BlockchainTransactionGet(Call& call) {
    const Txid txid = call.args.Txid(0);
    const bool verbose = call.args.Boolean(1, false);
    if (auto error = call.args.Error()) return *error;

    std::optional<index::WalletNode::Place> place;
    if (const auto found = call.query.FindTransaction(txid)) {
        if (const auto block = call.query.GetBlockHash(found->height))
            place = {*block, found->position};
    }
    if (place && !verbose) {
        if (const auto known = call.services.raw_txs.Find(txid, place->block)) {
            call.out.Raw('"').Raw(*known).Raw('"');
            return Step::done;
        }
    }
    Ask({call.services.shared_from_this(), txid, place, verbose, call.Defer()});
    return Step::deferred;
}

}  // namespace amber::server::handlers
