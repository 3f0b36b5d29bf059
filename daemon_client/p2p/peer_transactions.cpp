#include "daemon_client/p2p/peer_transactions.h"

#include <algorithm>
#include <utility>

#include "index/chain/hex.h"

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;
using index::NodeError;
using index::NodeResult;
using index::Txid;

namespace {

/// Bitcoin Core's RPC_MISC_ERROR, which it gives for a block that it has pruned.
constexpr int kMiscError = -1;

NodeError ErrorOf(const PeerError& error) {
    using Kind = PeerError::Kind;
    switch (error.kind) {
        case Kind::missing:
            return {NodeError::Kind::refused, kMiscError,
                    "Block not available: no peer has it (are they pruned?)"};
        case Kind::timeout:
            return {NodeError::Kind::timeout, 0, error.message};
        case Kind::overloaded:
            return {NodeError::Kind::overloaded, 0, error.message};
        case Kind::malformed:
            return {NodeError::Kind::malformed, 0, error.message};
        case Kind::stopped:
            return {NodeError::Kind::stopped, 0, error.message};
        case Kind::unreachable:
        case Kind::wrong_network:
        case Kind::unsuitable:
        case Kind::self:
        case Kind::closed:
            return {NodeError::Kind::unreachable, 0, error.message};
    }
    std::abort();
}

NodeError Overloaded() {
    return {NodeError::Kind::overloaded, 0, "too many transactions are being fetched from peers"};
}

NodeError NotThere(const Txid& txid, const BlockHash& block) {
    return {
        NodeError::Kind::malformed, 0,
        "a peer sent block " + ToDisplayHex(block) + " without transaction " + ToDisplayHex(txid)};
}

}  // namespace

void PeerTransactions::Get(const Txid& txid, const Place& place, Done done) {
    KeptPtr kept;
    bool overloaded = false, first = false;
    {
        const std::lock_guard lock(mutex_);
        kept = Recall(place.block);
        if (!kept) {
            const auto found = fetching_.find(place.block);
            first = found == fetching_.end();
            overloaded = waiting_ >= kWaitingMax || (first && fetching_.size() >= kBlocksMax);
            if (!overloaded) {
                fetching_[place.block].push_back({txid, place.position, std::move(done)});
                ++waiting_;
            }
        }
    }
    if (kept) {
        auto answer = Cut(*kept, txid, place.position);
        if (answer.has_error()) Forget(place.block);
        return done(std::move(answer));
    }
    if (overloaded) return done(Overloaded());
    if (!first) return;
    fetcher_.Fetch({place.block},
                   [this, hash = place.block](auto blocks) { OnBlock(hash, std::move(blocks)); });
}

void PeerTransactions::OnBlock(const BlockHash& hash, PeerResult<std::vector<Bytes>> blocks) {
    const auto block = Open(hash, std::move(blocks));
    std::vector<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        waiting = std::move(fetching_[hash]);
        fetching_.erase(hash);
        waiting_ -= waiting.size();
        // So that whoever is answered and asks again finds it. Whether it is right is seen then.
        if (block) Keep(*block);
    }
    bool right = true;
    for (const Waiting& request : waiting) {
        NodeResult<std::string> answer =
            block ? Cut(**block, request.txid, request.position) : block.error();
        right &= answer.has_value();
        request.done(std::move(answer));
    }
    if (block && !right) Forget(hash);
}

NodeResult<PeerTransactions::KeptPtr> PeerTransactions::Open(
    const BlockHash& hash, PeerResult<std::vector<Bytes>> blocks) const {
    if (blocks.has_error()) return ErrorOf(blocks.error());
    Bytes& raw = blocks->front();
    auto offsets = coin_.codec->TransactionOffsets(raw);
    if (offsets.has_error())
        return NodeError{NodeError::Kind::malformed, 0,
                         "a peer sent block " + ToDisplayHex(hash) + ": " + offsets.error().what +
                             " at byte " + std::to_string(offsets.error().offset)};
    return std::make_shared<const Kept>(Kept{hash, std::move(raw), std::move(*offsets)});
}

NodeResult<std::string> PeerTransactions::Cut(const Kept& block, const Txid& txid,
                                              std::uint32_t position) const {
    if (std::size_t{position} + 1 >= block.offsets.size()) return NotThere(txid, block.hash);
    const std::uint32_t begin = block.offsets[position], end = block.offsets[position + 1];
    const auto raw = index::ByteView(block.raw).subspan(begin, end - begin);
    const auto tx = coin_.codec->ParseTransaction(raw);
    if (!tx || tx->txid != txid) return NotThere(txid, block.hash);
    return index::ToHex(raw);
}

PeerTransactions::KeptPtr PeerTransactions::Recall(const BlockHash& hash) {
    const auto found =
        std::ranges::find_if(kept_, [&](const KeptPtr& block) { return block->hash == hash; });
    if (found == kept_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front();
}

void PeerTransactions::Keep(KeptPtr block) {
    if (Recall(block->hash)) return;
    kept_bytes_ += block->raw.size();
    kept_.push_front(std::move(block));
    while (kept_.size() > kKeptMax || (kept_bytes_ > kKeptBytes && kept_.size() > 1)) {
        kept_bytes_ -= kept_.back()->raw.size();
        kept_.pop_back();
    }
}

void PeerTransactions::Forget(const BlockHash& hash) {
    const std::lock_guard lock(mutex_);
    if (!Recall(hash)) return;
    kept_bytes_ -= kept_.front()->raw.size();
    kept_.pop_front();
}

}  // namespace amber::daemon_client
