#include "daemon_client/notifier.h"

#include <spdlog/spdlog.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "daemon_client/json_text.h"

namespace amber::daemon_client {

namespace json = boost::json;
using index::BlockHash;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPauseAfterError{500};
// A poll may be faster than ZMQ; by so much and no more.
constexpr milliseconds kZmqGrace{1000};
constexpr unsigned kSilentChangesAllowed = 1;

/// Addresses of the topics used; nothing if it is not an answer of getzmqnotifications.
std::optional<std::vector<std::string>> ReadEndpoints(std::string_view text) {
    json::error_code failed;
    const json::value value = json::parse({text.data(), text.size()}, failed);
    if (failed || !value.is_array()) return std::nullopt;
    std::vector<std::string> endpoints;
    for (const json::value& entry : value.get_array()) {
        if (!entry.is_object()) return std::nullopt;
        const json::value* type = entry.get_object().if_contains("type");
        const json::value* address = entry.get_object().if_contains("address");
        if (type == nullptr || !type->is_string() || address == nullptr || !address->is_string())
            return std::nullopt;
        if (type->get_string() == "pubhashblock" || type->get_string() == "pubsequence")
            endpoints.emplace_back(address->get_string());
    }
    return endpoints;
}

std::string HostOf(const std::string& label) {
    std::string host = label.substr(0, label.rfind(':'));
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return host;
}

}  // namespace

Notifier::Notifier(const NodeOptions& options, RpcClient& client, index::NodeEventSink sink)
    : options_(options),
      client_(client),
      sink_(std::move(sink)),
      zmq_([this](const ZmqMessage& message) { OnZmq(message); }, [this] { OnZmqGap(); }) {}

void Notifier::Start() {
    if (options_.use_zmq) {
        zmq_.SetEndpoints(options_.zmq_endpoints);
        zmq_.Start();
    }
    PollTip();
    PollMempool();
}

void Notifier::Stop() {
    {
        std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    zmq_.Stop();
}

bool Notifier::ZmqTellsBlocks() const {
    std::lock_guard lock(mutex_);
    return zmq_blocks_;
}

bool Notifier::ZmqTellsMempool() const {
    std::lock_guard lock(mutex_);
    return zmq_mempool_;
}

void Notifier::PollTip() {
    client_.Call(RpcRequest{"getbestblockhash"}, {},
                 [this](const RpcResult& result) { OnTip(result); });
}

void Notifier::OnTip(const RpcResult& result) {
    milliseconds pause = kPauseAfterError;
    bool changed = false;
    if (result.has_value()) {
        NoticeDaemon();
        const auto tip = index::FromDisplayHex<BlockHash>(PlainString(*result).value_or(""));
        std::lock_guard lock(mutex_);
        if (stopped_) return;
        if (tip) changed = JudgeTip(*tip);
        pause = unheard_      ? std::min(kZmqGrace, options_.watch_poll)
                : zmq_blocks_ ? options_.watch_poll
                              : options_.tip_poll;
    } else if (result.error().kind == index::NodeError::Kind::stopped) {
        return;
    }
    if (changed) sink_({Event::Kind::tip_changed, {}});
    client_.After(pause, [this] { PollTip(); });
}

/// True if the sink has not heard of this tip.
bool Notifier::JudgeTip(const BlockHash& tip) {
    if (unheard_ == tip) {
        SetZmq(zmq_blocks_, false, "blocks");
        SetZmq(zmq_mempool_, false, "transactions");
    }
    unheard_.reset();
    if (tip_ == tip) return false;
    // A block empties the mempool; the next transaction may fill it to the same sizes as before.
    mempool_info_.clear();
    // Without a tip to compare with, ZMQ cannot be said to have missed one.
    if (zmq_blocks_ && tip_) unheard_ = tip;
    tip_ = tip;
    return true;
}

void Notifier::PollMempool() {
    client_.Call(RpcRequest{"getmempoolinfo"}, {},
                 [this](const RpcResult& result) { OnMempool(result); });
}

void Notifier::OnMempool(const RpcResult& result) {
    milliseconds pause = kPauseAfterError;
    bool changed = false;
    if (result.has_value()) {
        std::lock_guard lock(mutex_);
        if (stopped_) return;
        changed = JudgeMempool(*result);
        pause = zmq_mempool_ ? options_.watch_poll : options_.mempool_poll;
    } else if (result.error().kind == index::NodeError::Kind::stopped) {
        return;
    }
    if (changed) sink_({Event::Kind::mempool_changed, {}});
    client_.After(pause, [this] { PollMempool(); });
}

/// True if there is something the sink has not heard of.
bool Notifier::JudgeMempool(std::string_view info) {
    // The whole text is compared: counts, sizes and sums of fees all tell of changes.
    const bool changed = info != mempool_info_;
    mempool_info_ = info;
    const bool silent = changed && !heard_sequence_;
    heard_sequence_ = false;
    if (!zmq_mempool_) return changed;
    // One may be a change so new that ZMQ is still to tell.
    silent_changes_ = silent ? silent_changes_ + 1 : 0;
    if (silent_changes_ <= kSilentChangesAllowed) return false;
    silent_changes_ = 0;
    SetZmq(zmq_mempool_, false, "transactions");
    return true;
}

/// After a change or restart of the daemon: what it publishes and where may have changed, and
/// what it published meanwhile was missed.
void Notifier::NoticeDaemon() {
    const std::uint64_t epoch = client_.Current().epoch;
    {
        std::lock_guard lock(mutex_);
        if (stopped_ || epoch == epoch_) return;
        epoch_ = epoch;
        unheard_.reset();
        zmq_blocks_ = zmq_mempool_ = false;
    }
    if (options_.use_zmq && options_.zmq_endpoints.empty()) AskForEndpoints();
    sink_({Event::Kind::tip_changed, {}});
    sink_({Event::Kind::mempool_changed, {}});
}

void Notifier::AskForEndpoints() {
    client_.Call(RpcRequest{"getzmqnotifications"}, {}, [this](const RpcResult& result) {
        // Refused: a node built without ZMQ. Otherwise the next epoch asks again.
        if (result.has_error()) return;
        const auto told = ReadEndpoints(*result);
        if (!told) return;
        const std::string host = HostOf(client_.Current().label);
        std::vector<std::string> endpoints;
        for (const std::string& address : *told) {
            if (auto endpoint = ReachableEndpoint(address, host))
                endpoints.push_back(std::move(*endpoint));
            else
                spdlog::info("ZMQ: the daemon publishes at {}, which is not reachable from here",
                             address);
        }
        zmq_.SetEndpoints(std::move(endpoints));
    });
}

void Notifier::OnZmq(const ZmqMessage& message) {
    using Kind = ZmqMessage::Kind;
    std::optional<Event> event;
    {
        std::lock_guard lock(mutex_);
        if (stopped_) return;
        if (message.from_sequence) {
            heard_sequence_ = true;
            SetZmq(zmq_mempool_, true, "transactions");
        }
        switch (message.kind) {
            case Kind::block_connected:
                SetZmq(zmq_blocks_, true, "blocks");
                unheard_.reset();
                if (tip_ != message.block) event = Event{Event::Kind::tip_changed, {}};
                tip_ = message.block;
                break;
            case Kind::block_disconnected:
                unheard_.reset();
                event = Event{Event::Kind::tip_changed, {}};
                tip_.reset();
                break;
            case Kind::tx_added:
                event = Event{Event::Kind::tx_added, message.txid};
                break;
            case Kind::tx_removed:
                event = Event{Event::Kind::tx_removed, message.txid};
                break;
        }
    }
    if (event) sink_(*event);
}

void Notifier::OnZmqGap() {
    sink_({Event::Kind::tip_changed, {}});
    sink_({Event::Kind::mempool_changed, {}});
}

void Notifier::SetZmq(bool& flag, bool works, const char* what) {
    if (flag == works) return;
    flag = works;
    if (works)
        spdlog::info("new {} are told by ZMQ", what);
    else
        spdlog::warn("ZMQ does not tell of new {} any more; polling", what);
}

}  // namespace amber::daemon_client
