#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon_client/http_connection.h"
#include "daemon_client/node_options.h"
#include "daemon_client/rpc_text.h"
#include "index/chain/coin.h"
#include "index/ports/node_error.h"

namespace amber::daemon_client {

/// Requests of different lanes do not wait for each other: each has its own connections.
enum class Lane {
    calls,    ///< small and urgent
    blocks,   ///< megabytes
    control,  ///< asks the current daemon even if it has not been verified to be of our network
};

/// The daemon in use.
struct DaemonInfo {
    std::string label;        ///< host:port
    bool verified = false;    ///< it answers, and is of our network
    std::uint64_t epoch = 0;  ///< grows with each (re)connection, see DaemonList::Epoch
    int version = 0;          ///< getnetworkinfo; 0 until first known, then as last seen
    std::string subversion;
};

/// HTTP and JSON-RPC to the first of several daemons that works. Each daemon is verified (genesis
/// hash) before it is used, again after each failure.
/// A request is tried once on each daemon; where there is only one, again once if the connection
/// broke. So all methods used must be harmless when repeated.
/// Bound: 4,096 waiting requests per lane; more are answered `overloaded` at once.
/// Threads: calls are thread-safe. Owns the thread "amber-node-io"; handlers run on it, must not
/// block, and run exactly once; those still waiting at Stop() run on its caller with `stopped`, and
/// later requests' handlers at once on their caller.
class RpcClient {
public:
    /// Precondition: `urls` not empty. `coin` outlives the client.
    RpcClient(const index::Coin& coin, const NodeOptions& options, std::vector<NodeUrl> urls);
    ~RpcClient();

    void Start();
    void Stop();

    struct CallOptions {
        Lane lane = Lane::calls;
        /// May share a round trip with other such calls when connections are busy: for cheap ones.
        bool merge = false;
        std::optional<std::chrono::milliseconds> timeout = {};
    };
    struct Answer {
        std::vector<RpcResult> results;  ///< as many as requests; valid during the handler only
        std::uint64_t epoch = 0;         ///< of the daemon that answered
    };
    using Done = std::function<void(index::NodeResult<Answer>)>;
    void CallBatch(std::vector<RpcRequest> batch, CallOptions options, Done done);

    /// For one request: `done` gets its result or what went wrong.
    using OneDone = std::function<void(RpcResult)>;
    void Call(RpcRequest request, CallOptions options, OneDone done);

    /// GET of a REST resource, on Lane::blocks. Every status but 401, 403 and 503 is an answer.
    using GetDone = std::function<void(index::NodeResult<HttpAnswer>, std::uint64_t epoch)>;
    void Get(std::string target, GetDone done);

    /// Blocks until the answer is here. Not for the io thread.
    index::NodeResult<std::string> Wait(RpcRequest request, CallOptions options);
    index::NodeResult<std::vector<index::NodeResult<std::string>>> WaitBatch(
        std::vector<RpcRequest> batch, CallOptions options);

    /// The daemon of this epoch gave something unusable: turn to the next. No effect if another is
    /// in use already, or there is no other.
    void GiveUpOn(std::uint64_t epoch, const index::NodeError& why);

    void SetUrls(std::vector<NodeUrl> urls);
    [[nodiscard]] DaemonInfo Current() const;

    /// Runs `task` on the io thread after `delay`; never after Stop().
    void After(std::chrono::milliseconds delay, std::function<void()> task);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace amber::daemon_client
