#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "daemon_client/http_connection.h"
#include "daemon_client/rpc_client.h"

// What the RpcClient keeps for its io thread.
namespace amber::daemon_client {

/// What is asked of the client in one go: a JSON-RPC batch, or a GET if there is a target.
struct RpcJob {
    std::vector<RpcRequest> requests;
    std::string target;
    bool merge = false;
    std::chrono::milliseconds timeout{};
    RpcClient::Done done;
    RpcClient::GetDone got;
    unsigned failures = 0;
    unsigned busy_retries = 0;
    bool reauthorized = false;

    [[nodiscard]] bool IsGet() const { return !target.empty(); }
    void Fail(const index::NodeError& error) const {
        if (IsGet())
            got(error, 0);
        else
            done(error);
    }
};

/// A connection and what it is busy with.
struct RpcSlot {
    std::unique_ptr<HttpConnection> connection;
    NodeUrl url;  ///< to which `connection` leads
    std::vector<RpcJob> jobs;
    std::uint64_t epoch = 0;
    std::uint64_t first_id = 0;
};

struct RpcLane {
    std::deque<RpcJob> waiting;
    std::vector<RpcSlot> slots;
};

}  // namespace amber::daemon_client
