#pragma once
#include <cstdint>
#include <cstring>
#include <random>

#include "index/chain/hash_x.h"

namespace amber::server {

/// Hashes the short names of scripts for tables whose keys clients choose: with a random secret, so
/// that nobody can make many that collide. Every input bit reaches every output bit.
class SecretHash {
public:
    using is_avalanching = void;

    SecretHash() {
        std::random_device device;
        secret_ = (std::uint64_t{device()} << 32 | device()) | 1;
    }
    std::uint64_t operator()(const index::HashX& name, std::uint8_t kind = 0) const noexcept {
        std::uint64_t head = 0;
        std::uint32_t tail = 0;
        std::memcpy(&head, name.bytes.data(), 8);
        std::memcpy(&tail, name.bytes.data() + 8, 3);
        tail |= std::uint32_t{kind} << 24;
        return Mix(Mix(head ^ secret_, 0x9e3779b97f4a7c15) ^ tail, secret_);
    }

private:
    /// The two halves of a 128-bit product, folded.
    static std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
    std::uint64_t secret_;
};

}  // namespace amber::server
