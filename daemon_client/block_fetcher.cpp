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
    // A fetch that was under way may note its success after they were given up.
    if (files_trusted_ && files_in_use_) return "files";
    std::lock_guard lock(mutex_);
    if (!has_rest_) return "";
    return *has_rest_ ? "rest" : "rpc";
}

void BlockFetcher::Fetch(std::vector<BlockHash> hashes, Done done) {
    if (source_ != Source::automatic || !files_trusted_)
        return FetchFromDaemon(std::move(hashes), std::move(done));
    files_.GetBlocks(
        hashes, [this, hashes, done = std::move(done)](std::optional<std::vector<Bytes>> blocks) {
            NoteFiles(blocks.has_value());
            if (!blocks) return FetchFromDaemon(hashes, done);
            done(std::move(*blocks), kFromFiles);
        });
}

void BlockFetcher::NoteFiles(bool in_use) {
    if (files_in_use_.exchange(in_use) != in_use && in_use)
        spdlog::info("blocks come from the node's files");
}

void BlockFetcher::DistrustFiles(const std::string& why) {
    if (!files_trusted_.exchange(false)) return;
    spdlog::error("the node's files are damaged, blocks come by REST or RPC from now on: {}", why);
}

void BlockFetcher::FetchFromDaemon(std::vector<BlockHash> hashes, Done done) {
    if (source_ == Source::rpc || (hashes.size() > 1 && TakesBatches()))
        return FetchRpc(hashes, std::move(done));
    WithRestKnown([this, hashes = std::move(hashes),
                   done = std::move(done)](const NodeResult<bool>& has_rest) {
        if (has_rest.has_error())
            done(has_rest.error(), 0);
        else if (*has_rest)
            FetchRest(hashes.front(), done);
        else if (source_ == Source::rest)
            done(RestOff(), 0);
        else
            FetchRpc(hashes, done);
    });
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
            if (has_rest_ != *verdict)
                spdlog::info("blocks come by {}", *verdict                  ? "REST"
                                                  : source_ == Source::rest ? "nothing: no REST"
                                                                            : "JSON-RPC");
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
