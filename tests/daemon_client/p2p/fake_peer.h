#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "daemon_client/p2p/peer.h"
#include "tests/daemon_client/p2p/fake_chain.h"

namespace amber::daemon_client {

class FakePeer;

/// The peers' thread, without sockets. Thread-safe.
class FakeNetwork {
public:
    FakeNetwork();
    ~FakeNetwork();

    void Start(PeerEvents events);
    /// No task runs afterwards; requests are answered with Kind::stopped.
    void Stop();
    void After(std::chrono::microseconds delay, std::function<void()> task);

    /// A peer that is ready at once. Several may have the same label, one after the other.
    std::shared_ptr<FakePeer> Connect(FakeChain chain, const std::string& label = "");
    /// What it was asked is answered with Kind::closed.
    void Disconnect(const std::shared_ptr<FakePeer>& peer);

private:
    friend class FakePeer;
    using Time = std::chrono::steady_clock::time_point;
    void Run();

    std::mutex mutex_;  // guards what follows
    std::condition_variable posted_;
    std::multimap<Time, std::function<void()>> tasks_;
    std::set<std::shared_ptr<FakePeer>> connected_;
    PeerEvents events_;
    std::uint64_t last_id_ = 0;
    bool stopped_ = false;
    std::thread thread_;
};

/// A peer that has a chain, and whatever is wrong with it.
class FakePeer : public Peer, public std::enable_shared_from_this<FakePeer> {
public:
    FakePeer(FakeNetwork& network, Facts facts, FakeChain chain);

    /// Where it goes wrong. Times are of one block, or of one answer with headers.
    struct Faults {
        std::chrono::microseconds block_time{0};
        std::chrono::microseconds headers_time{0};
        bool silent = false;  ///< answers blocks with a timeout, after `timeout`
        bool silent_on_headers = false;
        std::chrono::milliseconds timeout{50};
        bool spoils_blocks = false;  ///< other transactions than the header commits to
        bool spoils_headers = false;
        bool tells_no_headers = false;  ///< as a node that is still syncing
        bool overloaded = false;
        std::set<index::BlockHash> lacks = {};  ///< says notfound
        std::set<index::BlockHash> omits = {};  ///< says nothing
    };
    void SetFaults(Faults faults);
    /// Its chain is another one now; tells of its tip if `announce`.
    void SetChain(FakeChain chain, bool announce = true);

    [[nodiscard]] std::size_t BlocksSent() const;
    [[nodiscard]] std::size_t HeadersAsked() const;
    [[nodiscard]] std::optional<PeerError::Kind> Dropped() const;  ///< by us

    [[nodiscard]] const Facts& GetFacts() const override { return facts_; }
    void GetHeaders(std::vector<index::BlockHash> locator,
                    Callback<std::vector<index::Bytes>> done) override;
    void GetBlocks(std::vector<index::BlockHash> hashes, Callback<Blocks> done) override;
    void Drop(PeerError why) override;

private:
    friend class FakeNetwork;
    using Answer = std::function<void(const PeerError* ended)>;

    void Serve(std::chrono::microseconds takes, Answer answer);
    PeerResult<Blocks> Collect(const std::vector<index::BlockHash>& hashes);
    void End(const PeerError& why);

    FakeNetwork& network_;
    const Facts facts_;

    mutable std::mutex mutex_;  // guards what follows
    FakeChain chain_;
    std::map<index::BlockHash, std::shared_ptr<const index::Bytes>> blocks_;  ///< of all its chains
    Faults faults_;
    FakeNetwork::Time busy_until_;
    std::map<std::uint64_t, Answer> waiting_;
    std::uint64_t last_request_ = 0;
    std::optional<PeerError> ended_;
    std::optional<PeerError::Kind> dropped_;
    std::size_t blocks_sent_ = 0, headers_asked_ = 0;
};

/// A peer, once who listens to the network has heard of it.
std::shared_ptr<FakePeer> ConnectAndWait(FakeNetwork& network, const FakeChain& chain,
                                         FakePeer::Faults faults);

}  // namespace amber::daemon_client
