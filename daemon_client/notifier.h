#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "daemon_client/node_options.h"
#include "daemon_client/rpc_client.h"
#include "daemon_client/zmq_listener.h"
#include "index/ports/node_events.h"

namespace amber::daemon_client {

/// Notices new blocks and transactions of the node: by ZMQ where it publishes them, else by
/// polling. Polling never ends, it only slows down while ZMQ works: it notices when ZMQ has gone
/// silent, and then speeds up again until ZMQ is heard once more. Threads: calls are thread-safe;
/// the sink is called from the io thread and "amber-zmq".
class Notifier {
public:
    Notifier(const NodeOptions& options, RpcClient& client, index::NodeEventSink sink);

    void Start();
    /// The RpcClient must be stopped, too; then the sink is called no more.
    void Stop();

    [[nodiscard]] bool ZmqTellsBlocks() const;
    [[nodiscard]] bool ZmqTellsMempool() const;

private:
    using Event = index::NodeEvent;

    void PollTip();
    void OnTip(const RpcResult& getbestblockhash);
    [[nodiscard]] bool JudgeTip(const index::BlockHash& tip);
    void PollMempool();
    void OnMempool(const RpcResult& getmempoolinfo);
    [[nodiscard]] bool JudgeMempool(std::string_view info);
    void NoticeDaemon();
    void AskForEndpoints();
    void OnZmq(const ZmqMessage& message);
    void OnZmqGap();
    void SetZmq(bool& flag, bool works, const char* what);

    const NodeOptions options_;
    RpcClient& client_;
    const index::NodeEventSink sink_;

    mutable std::mutex mutex_;  // guards what follows; not held while the sink runs
    bool stopped_ = false;
    std::uint64_t epoch_ = 0;                  ///< of the daemon whose endpoints are in use
    std::optional<index::BlockHash> tip_;      ///< that the sink was told of last
    std::optional<index::BlockHash> unheard_;  ///< tip a poll found, ZMQ has not told of (yet)
    bool zmq_blocks_ = false, zmq_mempool_ = false;  ///< ZMQ tells of these
    bool heard_sequence_ = false;                    ///< since the last poll of the mempool
    unsigned silent_changes_ = 0;  ///< polls in a row that found changes ZMQ had not told of
    std::string mempool_info_;     ///< as last polled

    ZmqListener zmq_;
};

}  // namespace amber::daemon_client
