#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/hash.h"

namespace amber::test {

/// A node on regtest as far as HTTP shows it: serves blocks and a mempool by JSON-RPC and REST as
/// Bitcoin Core does, and misbehaves on demand. A thread per connection. Thread-safe.
class FakeNode {
public:
    struct Request {
        std::string target;         ///< "/" or a REST path
        std::string body;           ///< empty for GET
        std::string authorization;  ///< header value
    };
    struct Answer {
        int status = 200;
        std::string body = {};
        std::optional<std::size_t> cut_after =
            {};  ///< send so many bytes of the body, then hang up
        std::optional<std::size_t> claimed_size = {};  ///< Content-Length, if it is to be a lie
        bool reset = false;                            ///< hang up without an answer
        bool close = false;                            ///< say Connection: close, and do
        bool chunked = false;
        std::chrono::milliseconds stall{0};  ///< wait before answering
    };
    /// Answers instead of the node, or leaves it to it.
    using Hook = std::function<std::optional<Answer>(const Request&)>;
    /// Answers one method; `params` is JSON text of an array. The result as JSON text.
    struct RpcError {
        int code;
        std::string message;
    };
    using Method = std::function<std::string(const std::string& params)>;  // may throw RpcError

    /// Listens on a free port of 127.0.0.1, with a chain of the genesis block only.
    FakeNode();
    ~FakeNode();

    /// Closes all connections and refuses new ones; Start() listens on the same port again.
    void Shutdown();
    void Start();

    [[nodiscard]] std::uint16_t Port() const { return port_; }
    [[nodiscard]] std::string Url(const std::string& credentials = "user:password") const;

    /// By height, from the genesis block.
    void SetChain(std::vector<index::Bytes> blocks);
    void SetMempool(std::map<std::string, std::string> hex_by_txid);
    void SetHook(Hook hook);
    void SetMethod(const std::string& name, Method method);
    /// Only requests with this Authorization header are answered, others get 401; empty: all.
    void Require(std::string authorization);
    void SetRest(bool on) { rest_ = on; }

    /// How often a method was called, or a REST path beginning so was asked for.
    [[nodiscard]] int Calls(const std::string& name) const;
    [[nodiscard]] int Connections() const { return connections_; }

private:
    void Listen();
    void Serve(int fd);
    std::optional<Request> ReadRequest(int fd, std::string& buffer);
    bool SendAnswer(int fd, const Answer& answer);
    Answer Handle(const Request& request);
    Answer HandleRest(const std::string& target);
    Answer HandleRpc(const std::string& body);
    std::string CallMethod(const std::string& name, const std::string& params);
    std::string Getblock(const std::string& params);
    std::string GetRawTransaction(const std::string& params);
    std::optional<std::string> RawBlock(const std::string& hash) const;  // with mutex_ held

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> running_{false};
    std::atomic<bool> rest_{false};
    std::atomic<int> connections_{0};
    std::thread acceptor_;

    mutable std::mutex mutex_;  // guards what follows
    std::vector<std::thread> servers_;
    std::set<int> open_;
    std::vector<std::string> hashes_;            ///< by height, as printed
    std::map<std::string, std::string> blocks_;  ///< raw bytes by hash
    std::map<std::string, std::string> mempool_;
    std::map<std::string, Method> methods_;
    std::map<std::string, int> calls_;
    Hook hook_;
    std::string required_authorization_;
};

/// `count` blocks on regtest's genesis block, which is the first. `branch` tells chains apart.
std::vector<index::Bytes> MakeChain(std::size_t count, std::uint32_t branch = 0);

index::BlockHash HashOfBlock(const index::Bytes& raw);

}  // namespace amber::test
