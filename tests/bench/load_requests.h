#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/script_sample.h"

namespace amber::bench {

enum class Method : std::uint8_t {
    history,
    balance,
    listunspent,
    mempool,
    header,
    subscribe,
    ping
};
inline constexpr std::size_t kMethods = 7;

/// The short name used on the command line and in results.
std::string_view Name(Method method);
std::optional<Method> MethodNamed(std::string_view name);

/// One request: what is asked, and of which script or height.
struct Question {
    Method method = Method::ping;
    std::uint32_t subject = 0;  ///< place in ScriptSample::scripts, or of headers
};

/// Draws questions at random and writes them as lines from ready-made pieces.
/// Thread: one at a time. Borrows the sample.
class RequestMaker {
public:
    /// Request ids are kFirstId + slot: always three digits.
    static constexpr unsigned kFirstId = 100;
    static constexpr unsigned kSlots = 900;

    /// Without `only`: 30 % history, 25 % balance, 20 % listunspent, 15 % mempool, 10 % header.
    RequestMaker(const ScriptSample& sample, std::optional<Method> only, std::uint64_t seed);

    Question Draw();
    /// Appends one line. Precondition: slot < kSlots.
    void Write(const Question& question, unsigned slot, std::string& out) const;

private:
    std::uint64_t Random();

    std::size_t script_count_, header_count_;
    std::array<Method, 100> mix_;  ///< one entry for each per cent
    std::string script_hex_;       ///< 64 digits for each script
    std::uint64_t random_state_;
};

}  // namespace amber::bench
