#pragma once
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "daemon_client/node_files.h"
#include "daemon_client/node_url.h"
#include "daemon_client/rpc_client.h"
#include "index/chain/coin.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/fake_node.h"

namespace amber::daemon_client {

/// Polls that suit a test; time limits that hold on a busy machine under a sanitizer, too.
inline NodeOptions QuickOptions() {
    NodeOptions options;
    options.tip_poll = std::chrono::milliseconds(20);
    options.mempool_poll = std::chrono::milliseconds(20);
    options.watch_poll = std::chrono::milliseconds(100);
    options.connect_timeout = std::chrono::milliseconds(5000);
    options.answer_timeout = std::chrono::milliseconds(20000);
    options.parse_threads = 2;
    options.use_zmq = false;
    return options;
}

/// A started client of one fake node.
struct RpcFixture {
    explicit RpcFixture(NodeOptions with = QuickOptions())
        : options(std::move(with)), client(Regtest(), options, {ParseNodeUrl(node.Url(), 1)}) {
        client.Start();
    }

    test::FakeNode node;
    const NodeOptions options;
    RpcClient client;
    NodeFiles files{Regtest(), options, client};  ///< not started: it has none
};

/// Tries again and again for a few seconds; false if it never came true.
template <class Condition>
bool Eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace amber::daemon_client
