#include "daemon_client/block_fetcher.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "daemon_client/json_text.h"
#include "index/chain/hex.h"

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;
using index::NodeError;
using index::NodeResult;
using Kind = index::NodeError::Kind;

namespace {

constexpr int kMiscError = -1;
constexpr int kNotFound = -5;

// Of small blocks a request each would cost more than the block.
constexpr BlockFetcher::Batch kBatchOfRpc{8, 64 * 1024};
// A peer takes one request after the other, and a node wakes up for each.
constexpr BlockFetcher::Batch kBatchOfPeers{16, std::size_t{4} << 20};

constexpr std::chrono::minutes kSayAgain(1);
constexpr const char* kNoRest = "the node has no REST (rest=1)";

NodeError RestOff() {
    return {Kind::malformed, 0,
            "the daemon has no REST interface: start it with -rest=1, or Amber with "
            "--source auto or rpc"};
}

NodeError PrunedAway() {
    return {Kind::refused, kMiscError,
            "the daemon has pruned a block that is needed: run it with -prune=0 (it downloads the "
            "chain again) or name another with --daemon"};
}

std::optional<Bytes> DecodeBlock(std::string_view result) {
    const auto hex = PlainString(result);
    if (!hex || hex->size() % 2 != 0) return std::nullopt;
    Bytes raw(hex->size() / 2);
    if (!index::DecodeHex(*hex, raw.data())) return std::nullopt;
    return raw;
}

}  // namespace

std::string BlockFetcher::InUse() const {
    if (source_ == Source::rpc) return "rpc";
    std::lock_guard lock(mutex_);
    if (!way_) return "";
    switch (*way_) {
        case Way::files:
            return "files";
        case Way::rest:
            return "rest";
        case Way::peers:
            return "p2p";
        case Way::rpc:
            return "rpc";
    }
    std::abort();
}

BlockFetcher::Batch BlockFetcher::BestBatch() const {
    if (source_ == Source::rest) return {};
    std::lock_guard lock(mutex_);
    return way_ == Way::peers ? kBatchOfPeers : kBatchOfRpc;
}

void BlockFetcher::Note(Way way, const std::string& why) {
    static constexpr const char* kHow[] = {"from the node's files", "by REST", "from peers",
                                           "by JSON-RPC"};
    const auto now = std::chrono::steady_clock::now();
    {
        std::lock_guard lock(mutex_);
        if (way_ == way) return;
        way_ = way;
        // At the tip a block may be in the files a moment too late, again and again.
        const bool is_new = said_.insert(way).second;
        if (!is_new && now - said_at_ < kSayAgain) return;
        said_at_ = now;
    }
    spdlog::info("blocks come {}: {}", kHow[static_cast<std::size_t>(way)], why);
}

void BlockFetcher::Fetch(std::vector<BlockHash> hashes, Done done) {
    if (source_ != Source::automatic || !files_trusted_)
        return FetchFromDaemon(std::move(hashes), std::move(done));
    files_.GetBlocks(
        hashes, [this, hashes, done = std::move(done)](std::optional<std::vector<Bytes>> blocks) {
            if (!blocks) return FetchFromDaemon(hashes, done);
            if (files_trusted_) Note(Way::files, "they are on this machine");
            done(std::move(*blocks), kFromFiles);
        });
}

void BlockFetcher::Distrust(std::uint64_t from_where, const std::string& why) {
    const bool files = from_where == kFromFiles;
    if (!(files ? files_trusted_ : peers_trusted_).exchange(false)) return;
    spdlog::error("{}, no more blocks are taken from there: {}",
                  files ? "the node's files are damaged" : "peers send damaged blocks", why);
}

void BlockFetcher::FetchFromDaemon(std::vector<BlockHash> hashes, Done done) {
    if (source_ == Source::rpc) return FetchRpc(hashes, std::move(done));
    WithRestKnown([this, hashes = std::move(hashes),
                   done = std::move(done)](const NodeResult<bool>& has_rest) {
        if (has_rest.has_error()) return done(has_rest.error(), 0);
        if (*has_rest) {
            const Done noting = Noting(Way::rest, "the node offers it", done);
            return hashes.size() > 1 ? FetchRpc(hashes, noting) : FetchRest(hashes.front(), noting);
        }
        if (source_ == Source::rest) return done(RestOff(), 0);
        if (peers_ != nullptr && peers_trusted_) return FetchFromPeers(hashes, done);
        FetchRpc(hashes, Noting(Way::rpc, kNoRest, done));
    });
}

void BlockFetcher::FetchFromPeers(const std::vector<BlockHash>& hashes, Done done) {
    peers_->Fetch(
        hashes, [this, hashes, done = std::move(done)](PeerResult<std::vector<Bytes>> blocks) {
            if (blocks.has_error()) {
                const std::string why =
                    std::string(kNoRest) + ", and " + peers_->Trouble(blocks.error());
                return FetchRpc(hashes, Noting(Way::rpc, why, done));
            }
            if (peers_trusted_)
                Note(Way::peers, std::string(kNoRest) + ", and by JSON-RPC they cost it more");
            done(std::move(*blocks), kFromPeers);
        });
}

/// Notes the way once blocks have come by it.
BlockFetcher::Done BlockFetcher::Noting(Way way, std::string why, Done done) {
    return [this, way, why = std::move(why), done = std::move(done)](
               NodeResult<std::vector<Bytes>> blocks, std::uint64_t epoch) {
        if (blocks.has_value()) Note(way, why);
        done(std::move(blocks), epoch);
    };
}

void BlockFetcher::WithRestKnown(std::function<void(NodeResult<bool>)> then) {
    const std::uint64_t epoch = client_.Current().epoch;
    std::unique_lock lock(mutex_);
    if (has_rest_ && known_epoch_ == epoch) {
        const bool has_rest = *has_rest_;
        lock.unlock();
        return then(has_rest);
    }
    waiting_.push_back(std::move(then));
    const bool asked = waiting_.size() > 1;
    lock.unlock();
    if (asked) return;
    client_.Get("/rest/chaininfo.json", [this](NodeResult<HttpAnswer> answer, std::uint64_t from) {
        OnRestKnown(answer, from);
    });
}

void BlockFetcher::OnRestKnown(const NodeResult<HttpAnswer>& answer, std::uint64_t epoch) {
    NodeResult<bool> verdict = false;
    if (answer.has_error())
        verdict = answer.error();
    else if (answer->status == 200 || answer->status == 404)
        verdict = answer->status == 200;
    else
        verdict = NodeError{
            Kind::malformed, 0,
            "daemon: HTTP " + std::to_string(answer->status) + " to /rest/chaininfo.json"};
    std::vector<std::function<void(NodeResult<bool>)>> waiting;
    {
        std::lock_guard lock(mutex_);
        waiting.swap(waiting_);
        if (verdict.has_value()) {
            has_rest_ = *verdict;
            known_epoch_ = epoch;
        }
    }
    for (auto& then : waiting) then(verdict);
}

void BlockFetcher::ForgetRest() {
    std::lock_guard lock(mutex_);
    known_epoch_ = 0;
}

void BlockFetcher::FetchRest(const BlockHash& hash, Done done) {
    const std::string name = ToDisplayHex(hash);
    client_.Get(
        "/rest/block/" + name + ".bin",
        [this, name, done = std::move(done)](NodeResult<HttpAnswer> answer, std::uint64_t epoch) {
            if (answer.has_error()) return done(answer.error(), epoch);
            if (answer->status == 200) {
                std::vector<Bytes> blocks;
                blocks.push_back(std::move(answer->body));
                return done(std::move(blocks), epoch);
            }
            // "HASH not found" and "HASH not available (pruned data)" are the node's words; without
            // them it is the web server's answer to a path it does not know.
            const std::string_view text = answer->Text();
            if (answer->status == 404 && text.find("pruned") != std::string_view::npos)
                return done(PrunedAway(), epoch);
            if (answer->status == 404 && text.find("not found") != std::string_view::npos &&
                text.find(name) != std::string_view::npos)
                return done(NodeError{Kind::refused, kNotFound, "block not found"}, epoch);
            ForgetRest();
            done(NodeError{Kind::malformed, 0,
                           "daemon: HTTP " + std::to_string(answer->status) + " to a REST request"},
                 epoch);
        });
}

void BlockFetcher::FetchRpc(const std::vector<BlockHash>& hashes, Done done) {
    std::vector<RpcRequest> batch;
    batch.reserve(hashes.size());
    for (const BlockHash& hash : hashes)
        batch.push_back({"getblock", "[\"" + ToDisplayHex(hash) + "\",0]"});
    client_.CallBatch(
        std::move(batch), {.lane = Lane::blocks},
        [done = std::move(done)](NodeResult<RpcClient::Answer> answer) {
            if (answer.has_error()) return done(answer.error(), 0);
            std::vector<Bytes> blocks;
            blocks.reserve(answer->results.size());
            for (const RpcResult& result : answer->results) {
                if (result.has_error()) {
                    const bool pruned = result.error().message.find("pruned") != std::string::npos;
                    return done(pruned ? PrunedAway() : result.error(), answer->epoch);
                }
                auto raw = DecodeBlock(*result);
                if (!raw) return done(WrongType("getblock", *result), answer->epoch);
                blocks.push_back(std::move(*raw));
            }
            done(std::move(blocks), answer->epoch);
        });
}

}  // namespace amber::daemon_client
