#include "tests/daemon_client/p2p/fake_peer.h"

#include <algorithm>
#include <future>

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;
using std::chrono::microseconds;
using std::chrono::steady_clock;
using Kind = PeerError::Kind;

namespace {

constexpr std::size_t kHeadersMax = 2000;

}  // namespace

FakeNetwork::FakeNetwork() : thread_([this] { Run(); }) {}

FakeNetwork::~FakeNetwork() { Stop(); }

void FakeNetwork::Start(PeerEvents events) {
    const std::lock_guard lock(mutex_);
    events_ = std::move(events);
}

void FakeNetwork::Stop() {
    std::set<std::shared_ptr<FakePeer>> connected;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        connected.swap(connected_);
    }
    posted_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (const auto& peer : connected) peer->End({Kind::stopped, "stopped"});
}

void FakeNetwork::After(microseconds delay, std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.emplace(steady_clock::now() + delay, std::move(task));
    }
    posted_.notify_all();
}

void FakeNetwork::Run() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
        if (tasks_.empty()) {
            posted_.wait(lock);
            continue;
        }
        const Time due = tasks_.begin()->first;
        if (due > steady_clock::now()) {
            posted_.wait_until(lock, due);
            continue;
        }
        auto task = std::move(tasks_.begin()->second);
        tasks_.erase(tasks_.begin());
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

std::shared_ptr<FakePeer> FakeNetwork::Connect(FakeChain chain, const std::string& label) {
    std::shared_ptr<FakePeer> peer;
    {
        const std::lock_guard lock(mutex_);
        Peer::Facts facts;
        facts.id = ++last_id_;
        facts.label = label.empty() ? "fake" + std::to_string(facts.id) : label;
        facts.start_height = static_cast<std::uint32_t>(chain.blocks.size() - 1);
        peer = std::make_shared<FakePeer>(*this, facts, std::move(chain));
        connected_.insert(peer);
    }
    After(microseconds(0), [this, peer] { events_.on_ready(peer); });
    return peer;
}

void FakeNetwork::Disconnect(const std::shared_ptr<FakePeer>& peer) {
    After(microseconds(0), [this, peer] {
        const PeerError why{Kind::closed, "closed"};
        {
            const std::lock_guard lock(mutex_);
            if (connected_.erase(peer) == 0) return;
        }
        peer->End(why);
        events_.on_gone(peer->GetFacts().id, why);
    });
}

FakePeer::FakePeer(FakeNetwork& network, Facts facts, FakeChain chain)
    : network_(network), facts_(std::move(facts)) {
    SetChain(std::move(chain), false);
}

void FakePeer::SetFaults(Faults faults) {
    const std::lock_guard lock(mutex_);
    faults_ = std::move(faults);
}

void FakePeer::SetChain(FakeChain chain, bool announce) {
    const BlockHash tip = chain.hashes.back();
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < chain.blocks.size(); ++i)
            blocks_[chain.hashes[i]] = chain.blocks[i];
        chain_ = std::move(chain);
    }
    if (announce)
        network_.After(microseconds(0), [this, self = shared_from_this(), tip] {
            network_.events_.on_blocks(facts_.id, {tip});
        });
}

std::size_t FakePeer::BlocksSent() const {
    const std::lock_guard lock(mutex_);
    return blocks_sent_;
}

std::size_t FakePeer::HeadersAsked() const {
    const std::lock_guard lock(mutex_);
    return headers_asked_;
}

std::optional<Kind> FakePeer::Dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

/// One request after the other, each as long as it takes.
void FakePeer::Serve(microseconds takes, Answer answer) {
    std::optional<PeerError> ended;
    std::uint64_t request = 0;
    microseconds delay{0};
    {
        const std::lock_guard lock(mutex_);
        ended = ended_;
        if (!ended) {
            request = ++last_request_;
            waiting_[request] = answer;
            const auto now = steady_clock::now();
            busy_until_ = std::max(now, busy_until_) + takes;
            delay = std::chrono::duration_cast<microseconds>(busy_until_ - now);
        }
    }
    if (ended) return answer(&*ended);
    network_.After(delay, [self = shared_from_this(), request] {
        Answer due;
        {
            const std::lock_guard lock(self->mutex_);
            const auto found = self->waiting_.find(request);
            if (found == self->waiting_.end()) return;
            due = std::move(found->second);
            self->waiting_.erase(found);
        }
        due(nullptr);
    });
}

void FakePeer::GetHeaders(std::vector<BlockHash> locator, Callback<std::vector<Bytes>> done) {
    Faults faults;
    {
        const std::lock_guard lock(mutex_);
        faults = faults_;
        ++headers_asked_;
    }
    const auto takes = faults.silent_on_headers
                           ? std::chrono::duration_cast<microseconds>(faults.timeout)
                           : faults.headers_time;
    Serve(takes, [this, locator, done, faults](const PeerError* ended) {
        if (ended != nullptr) return done(*ended);
        if (faults.silent_on_headers) return done(PeerError{Kind::timeout, "no headers in time"});
        if (faults.tells_no_headers) return done(std::vector<Bytes>());
        FakeChain chain;
        {
            const std::lock_guard lock(mutex_);
            chain = chain_;
        }
        std::size_t common = 0;
        for (const BlockHash& hash : locator) {
            const auto found = std::ranges::find(chain.hashes, hash);
            if (found == chain.hashes.end()) continue;
            common = static_cast<std::size_t>(found - chain.hashes.begin());
            break;
        }
        std::vector<Bytes> headers;
        for (std::size_t height = common + 1;
             height < chain.blocks.size() && headers.size() < kHeadersMax; ++height)
            headers.push_back(chain.HeaderAt(height));
        if (faults.spoils_headers)
            for (Bytes& header : headers) header[40] ^= 1;
        done(std::move(headers));
    });
}

void FakePeer::GetBlocks(std::vector<BlockHash> hashes, Callback<Blocks> done) {
    Faults faults;
    {
        const std::lock_guard lock(mutex_);
        faults = faults_;
    }
    if (faults.overloaded) return done(PeerError{Kind::overloaded, "overloaded"});
    const auto takes = faults.silent ? std::chrono::duration_cast<microseconds>(faults.timeout)
                                     : faults.block_time * static_cast<int>(hashes.size());
    Serve(takes, [this, hashes, done, silent = faults.silent](const PeerError* ended) {
        if (ended != nullptr) return done(*ended);
        if (silent) return done(PeerError{Kind::timeout, "no block in time"});
        done(Collect(hashes));
    });
}

PeerResult<Peer::Blocks> FakePeer::Collect(const std::vector<BlockHash>& hashes) {
    const std::lock_guard lock(mutex_);
    Blocks found;
    for (const BlockHash& hash : hashes) {
        if (faults_.omits.contains(hash)) continue;
        if (faults_.lacks.contains(hash) || !blocks_.contains(hash)) {
            found.missing.push_back(hash);
            continue;
        }
        found.raw.push_back(*blocks_[hash]);
        if (faults_.spoils_blocks) found.raw.back().back() ^= 1;
        ++blocks_sent_;
    }
    if (found.raw.empty() && !found.missing.empty())
        return PeerError{Kind::missing, "it has none of them"};
    return found;
}

void FakePeer::Drop(PeerError why) {
    {
        const std::lock_guard lock(mutex_);
        dropped_ = why.kind;
    }
    network_.Disconnect(shared_from_this());
}

void FakePeer::End(const PeerError& why) {
    std::map<std::uint64_t, Answer> waiting;
    {
        const std::lock_guard lock(mutex_);
        ended_ = why;
        waiting.swap(waiting_);
    }
    for (const auto& [request, answer] : waiting) answer(&why);
}

std::shared_ptr<FakePeer> ConnectAndWait(FakeNetwork& network, const FakeChain& chain,
                                         FakePeer::Faults faults) {
    const auto peer = network.Connect(chain);
    peer->SetFaults(std::move(faults));
    std::promise<void> seen;
    network.After(std::chrono::milliseconds(1), [&] { seen.set_value(); });
    seen.get_future().get();
    return peer;
}

}  // namespace amber::daemon_client
