#include <gtest/gtest.h>

#include <iostream>

#include "index/chain/hex.h"
#include "tests/daemon_client/p2p/peer_script.h"
#include "tests/generator/random.h"
#include "tests/support/sanitized.h"

namespace amber::daemon_client {
namespace {

using generator::Random;
using index::Bytes;

/// Steps as peer_script.h has them: mostly what a good peer and its user do, in any order, mixed
/// with what nobody should.
Bytes RandomScript(Random& random) {
    Bytes script;
    const auto add = [&](std::uint64_t byte) { script.push_back(static_cast<std::uint8_t>(byte)); };
    if (random.Chance(0.9))
        for (const int byte : {6, 2, 0, 2, 1}) add(static_cast<std::uint64_t>(byte));
    const double trouble = random.Chance(0.5) ? 0.002 : 0.05;
    for (std::uint64_t steps = random.LogUniform(300); steps > 0; --steps) {
        if (random.Chance(trouble)) {
            const std::uint64_t what = random.Below(4);
            add(what == 3 ? 0xff : what == 2 ? 2 : what);
            if (what == 1) add(random.Next());
            if (what == 2) add(random.Below(2));  // a version or a verack
            if (what < 2) {
                const std::uint64_t length = random.Below(100);
                add(length);
                for (std::uint64_t i = 0; i < length; ++i) add(random.Next());
            }
            continue;
        }
        switch (random.Below(8)) {
            case 0: {
                add(3);
                std::uint64_t wanted = 0;
                for (std::uint64_t i = random.Below(4); i > 0; --i)
                    wanted |= 1u << random.Below(12);
                add(wanted);
                add(wanted >> 8);
                break;
            }
            case 1:
                add(4);
                add(random.Next());
                break;
            case 2:
                add(5);
                add(random.LogUniform(255));
                break;
            default:  // of what fits: all but version and verack
                add(2);
                add(2 + random.Below(6) + 8 * random.Below(12));
        }
    }
    return script;
}

TEST(PeerMachineProperty, D10_14_EveryRequestHasOneAnswerWhateverHappens) {
    const auto seed = static_cast<std::uint64_t>(::testing::UnitTest::GetInstance()->random_seed());
    std::cout << "seed " << seed << '\n';
    Random random(seed);
    std::size_t ready = 0, answers = 0, failures = 0;
    std::map<std::string, int> errors;
    const int rounds = kSanitized ? 1'000 : 10'000;
    for (int round = 0; round < rounds; ++round) {
        const Bytes script = RandomScript(random);
        try {
            const ScriptOutcome outcome = PlayScript(script);
            ready += outcome.ready;
            answers += outcome.answers;
            failures += outcome.failures;
            ++errors[outcome.error];
        } catch (const std::logic_error& broken) {
            FAIL() << "round " << round << ": " << broken.what() << "\n" << index::ToHex(script);
        }
    }
    // Else the scripts show nothing.
    EXPECT_GT(ready, static_cast<std::size_t>(rounds) / 2);
    EXPECT_GT(answers, static_cast<std::size_t>(rounds));
    EXPECT_GT(failures, static_cast<std::size_t>(rounds));
    EXPECT_GE(errors.size(), 8U);
}

}  // namespace
}  // namespace amber::daemon_client
