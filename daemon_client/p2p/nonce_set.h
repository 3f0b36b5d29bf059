#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>

namespace amber::daemon_client {

/// The nonces of our latest version messages: a peer that says one of them is this process, or
/// echoes it. They stay after a match, so that nobody learns from us whose they were.
/// Bound: the oldest is forgotten beyond `most`. Thread: the peers' only.
class NonceSet {
public:
    explicit NonceSet(std::size_t most) : most_(most) {}

    std::uint64_t Draw() {
        const std::uint64_t nonce = std::uint64_t{random_()} << 32 | random_();
        if (nonces_.size() >= most_) nonces_.pop_front();
        nonces_.push_back(nonce);
        return nonce;
    }
    [[nodiscard]] bool Contains(std::uint64_t nonce) const {
        return std::ranges::find(nonces_, nonce) != nonces_.end();
    }

private:
    const std::size_t most_;
    std::random_device random_;
    std::deque<std::uint64_t> nonces_;
};

}  // namespace amber::daemon_client
