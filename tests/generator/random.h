#pragma once
#include <cmath>
#include <cstdint>
#include <span>

namespace amber::generator {

/// SplitMix64: the same numbers from the same seed with every compiler and library, which the
/// distributions of <random> do not promise.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t Next() { return Mix(state_ += 0x9e3779b97f4a7c15ull); }

    /// Uniform in [0, bound); bound > 0. The bias of the multiplication is below 2^-32 here.
    std::uint64_t Below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((static_cast<Wide>(Next()) * bound) >> 64);
    }
    /// Uniform in [low, high], both included.
    std::uint64_t Between(std::uint64_t low, std::uint64_t high) {
        return low + Below(high - low + 1);
    }
    /// Uniform in [0, 1).
    double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
    bool Chance(double probability) { return Unit() < probability; }
    /// Log-uniform in [1, high]: every decade is as likely as the next.
    std::uint64_t LogUniform(std::uint64_t high) {
        return static_cast<std::uint64_t>(std::exp(Unit() * std::log(static_cast<double>(high))));
    }

    void Fill(std::span<std::uint8_t> bytes) {
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(Next());
    }

    /// A well-spread value of one number, for content that must be a function of an id.
    static std::uint64_t Mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    }

private:
    __extension__ typedef unsigned __int128 Wide;
    std::uint64_t state_;
};

}  // namespace amber::generator
