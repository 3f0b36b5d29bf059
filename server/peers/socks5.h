#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace amber::server {

/// Our half of a SOCKS5 connection to a host behind a proxy, by name (RFC 1928), with no user and
/// password, as Tor takes it. No socket: the owner sends TakeOutput() and hands over what comes.
/// Invariant: takes no byte that is not the proxy's, as what follows its answer is the host's.
class Socks5 {
public:
    /// Precondition: the name has at most 255 bytes.
    Socks5(std::string_view host, std::uint16_t port);

    enum class State {
        working,  ///< send what TakeOutput() has, then read at most Wanted() bytes
        done,     ///< the connection is the host's now
        failed,
    };
    State Take(std::string_view bytes);
    [[nodiscard]] std::size_t Wanted() const { return wanted_ - taken_.size(); }
    [[nodiscard]] std::string TakeOutput() { return std::exchange(output_, {}); }
    [[nodiscard]] const std::string& Why() const { return why_; }  ///< of `failed`

private:
    enum class Step { greeting, reply_head, reply_rest, ended };

    State TakeWhole();
    State TakeReplyHead();
    State Fail(std::string why);
    void Await(Step step, std::size_t size);

    const std::string request_;
    std::string output_;
    std::string taken_;  ///< of the part that is coming
    Step step_ = Step::greeting;
    std::size_t wanted_;
    std::string why_;
};

}  // namespace amber::server
