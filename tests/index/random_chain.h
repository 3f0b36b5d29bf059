#pragma once
#include <random>

#include "tests/index/block_maker.h"

namespace amber::index {

/// Prints the seed of a random test: AMBER_SEED, or a new one.
std::uint64_t TestSeed();

/// Grows a chain of small blocks full of what can go wrong: spends within a block (also of what
/// comes later in it), scripts used over and over, data outputs, several outputs to one script. A
/// value: a copy with another seed goes on as a competing branch.
class RandomChain {
public:
    explicit RandomChain(std::uint64_t seed, std::uint32_t scripts = 40)
        : random_(seed), scripts_(scripts) {}

    /// From now on blocks differ from those of the copy this was made from.
    void Branch(std::uint64_t seed) { random_.seed(seed); }
    /// Adds a block that holds `mandatory` transactions (spending what it likes; keep them apart
    /// from those of earlier blocks) and `count` random ones.
    void Grow(std::size_t count, const std::vector<RawTx>& mandatory = {});
    /// A transaction that spends some of what is unspent at the tip; nothing if there is too
    /// little.
    std::optional<RawTx> RandomSpend();

    [[nodiscard]] std::uint32_t Below(std::size_t bound) {
        return static_cast<std::uint32_t>(random_() % bound);
    }
    [[nodiscard]] std::uint32_t Scripts() const { return scripts_; }
    [[nodiscard]] std::vector<RawTx::Output> RandomOutputs(Amount value);

    Chain blocks{GenesisBlock()};
    /// Unspent outputs at the tip, but for data outputs.
    std::map<OutPoint, Amount> unspent;

private:
    void Apply(const RawTx& tx);

    std::mt19937_64 random_;
    std::uint32_t scripts_;
};

}  // namespace amber::index
