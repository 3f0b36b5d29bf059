#include "daemon_client/p2p/exchange.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon_client/p2p/payload.h"

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;

namespace {

PeerError ForeignChain(const index::Coin& ours, const BlockHash& begin) {
    std::string theirs = "a chain that begins with " + ToDisplayHex(begin);
    for (const index::Coin& coin : index::Coins())
        if (coin.genesis == begin)
            theirs = std::string(coin.name) + " " + std::string(coin.network);
    return {PeerError::Kind::wrong_network,
            "it is a node of " + theirs + ", not of " + std::string(ours.name) + " " +
                std::string(ours.network) + ", which begins with " + ToDisplayHex(ours.genesis)};
}

/// The part that all kinds share: an answer that is gathered, an error that may take its place.
template <class T>
class Gathering : public Exchange {
public:
    explicit Gathering(Peer::Callback<T> done) : done_(std::move(done)) {}
    ~Gathering() override {
        Fail({PeerError::Kind::stopped, "the request was dropped"});
        try {
            Deliver();
        } catch (const std::exception& error) {
            spdlog::error("peer to peer: a handler failed: {}", error.what());
        }
    }
    Gathering(const Gathering&) = delete;
    Gathering& operator=(const Gathering&) = delete;

    void Fail(const PeerError& error) final {
        if (!error_) error_ = error;
    }
    [[nodiscard]] bool Failed() const final { return error_.has_value(); }
    void Deliver() final {
        const auto done = std::exchange(done_, nullptr);
        if (!done) return;
        if (error_)
            done(*error_);
        else
            done(std::move(answer_));
    }

protected:
    T answer_{};

private:
    Peer::Callback<T> done_;
    std::optional<PeerError> error_;
};

class HeadersExchange final : public Gathering<std::vector<Bytes>> {
public:
    HeadersExchange(const index::Coin& coin, std::vector<BlockHash> locator,
                    Peer::Callback<std::vector<Bytes>> done)
        : Gathering(std::move(done)), coin_(coin), locator_(std::move(locator)) {}

    std::optional<Message> Ask(std::uint64_t) override {
        return Message{Command::getheaders, WriteGetHeaders(locator_)};
    }

    /// What does not follow one of our hashes is news, or answers a request that timed out.
    Use OfferHeaders(std::vector<Bytes>& headers) override {
        if (!headers.empty()) {
            const BlockHash parent = coin_.codec->PreviousHash(headers.front());
            if (parent != coin_.genesis && std::ranges::find(locator_, parent) == locator_.end()) {
                stranger_ = parent;
                return Use::none;
            }
        }
        answer_ = std::move(headers);
        return Use::complete;
    }

    /// A node whose chain has none of the locator's blocks, not even the last, the genesis block,
    /// tells headers from its own beginning.
    [[nodiscard]] std::optional<PeerError> WhyNoAnswer() const override {
        if (!stranger_) return std::nullopt;
        return ForeignChain(coin_, *stranger_);
    }

private:
    const index::Coin& coin_;
    const std::vector<BlockHash> locator_;
    std::optional<BlockHash> stranger_;  ///< what headers followed that answer no question of ours
};

class BlocksExchange final : public Gathering<Peer::Blocks> {
public:
    BlocksExchange(const std::vector<BlockHash>& hashes, Peer::Callback<Peer::Blocks> done)
        : Gathering(std::move(done)) {
        for (const BlockHash& hash : hashes)
            if (wanted_.insert(hash).second) order_.push_back(hash);
    }

    std::optional<Message> Ask(std::uint64_t services) override {
        if (order_.empty()) return std::nullopt;
        const std::uint32_t flag = services & kNodeWitness ? InventoryItem::kWitnessFlag : 0;
        std::vector<InventoryItem> items;
        items.reserve(order_.size());
        for (const BlockHash& hash : std::exchange(order_, {}))
            items.push_back({InventoryItem::kBlock | flag, hash});
        return Message{Command::getdata, WriteInventory(items)};
    }

    Use OfferBlock(const BlockHash& hash, Bytes& raw) override {
        if (wanted_.erase(hash) == 0) return Use::none;
        answer_.raw.push_back(std::move(raw));
        return Progress();
    }
    Use OfferNotFound(const BlockHash& hash) override {
        if (wanted_.erase(hash) == 0) return Use::none;
        answer_.missing.push_back(hash);
        return Progress();
    }

private:
    Use Progress() {
        if (!wanted_.empty()) return Use::progress;
        return answer_.raw.empty() ? Use::empty : Use::complete;
    }

    std::unordered_set<BlockHash> wanted_;  ///< and neither here nor known to be missing
    std::vector<BlockHash> order_;          ///< as asked, each once; empty once sent
};

}  // namespace

std::unique_ptr<Exchange> MakeHeadersExchange(const index::Coin& coin,
                                              std::vector<BlockHash> locator,
                                              Peer::Callback<std::vector<Bytes>> done) {
    return std::make_unique<HeadersExchange>(coin, std::move(locator), std::move(done));
}

std::unique_ptr<Exchange> MakeBlocksExchange(const std::vector<BlockHash>& hashes,
                                             Peer::Callback<Peer::Blocks> done) {
    return std::make_unique<BlocksExchange>(hashes, std::move(done));
}

}  // namespace amber::daemon_client
