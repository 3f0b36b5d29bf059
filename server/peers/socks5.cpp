#include "server/peers/socks5.h"

#include <algorithm>
#include <iterator>

namespace amber::server {
namespace {

constexpr char kVersion = 5, kNoPassword = 0, kConnect = 1;
constexpr char kAddressV4 = 1, kAddressName = 3, kAddressV6 = 4;
constexpr std::size_t kGreetingReply = 2;  ///< version | method
/// version | code | 0 | kind of address | first byte of the address, which is the length of a name
constexpr std::size_t kReplyHead = 5;

/// version | command | 0 | kind of address | length | name | port, in network order
std::string Request(std::string_view host, std::uint16_t port) {
    std::string text = {kVersion, kConnect, 0, kAddressName, static_cast<char>(host.size())};
    text += host;
    text += static_cast<char>(port >> 8);
    text += static_cast<char>(port & 0xff);
    return text;
}

std::string Describe(unsigned char code) {
    constexpr const char* kWords[] = {
        "all is well",         "general failure",       "not allowed by its rules",
        "network unreachable", "host unreachable",      "connection refused",
        "time ran out",        "command not supported", "kind of address not supported"};
    return code < std::size(kWords) ? kWords[code] : "error " + std::to_string(code);
}

}  // namespace

Socks5::Socks5(std::string_view host, std::uint16_t port)
    : request_(Request(host, port)), output_({kVersion, 1, kNoPassword}), wanted_(kGreetingReply) {}

Socks5::State Socks5::Take(std::string_view bytes) {
    State state = step_ == Step::ended ? State::failed : State::working;
    while (state == State::working && !bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), Wanted());
        taken_ += bytes.substr(0, size);
        bytes.remove_prefix(size);
        if (Wanted() == 0) state = TakeWhole();
    }
    return state;
}

Socks5::State Socks5::TakeWhole() {
    switch (step_) {
        case Step::greeting:
            if (taken_[0] != kVersion) return Fail("what listens there is no SOCKS5 proxy");
            if (taken_[1] != kNoPassword) return Fail("the proxy wants a password");
            output_ = request_;
            Await(Step::reply_head, kReplyHead);
            return State::working;
        case Step::reply_head:
            return TakeReplyHead();
        case Step::reply_rest:
            step_ = Step::ended;
            return State::done;
        case Step::ended:
            break;
    }
    return State::failed;
}

Socks5::State Socks5::TakeReplyHead() {
    if (taken_[0] != kVersion) return Fail("what listens there is no SOCKS5 proxy");
    if (taken_[1] != 0)
        return Fail("the proxy: " + Describe(static_cast<unsigned char>(taken_[1])));
    constexpr std::size_t kPort = 2, kV4 = 4, kV6 = 16;
    switch (taken_[3]) {
        case kAddressV4:
            Await(Step::reply_rest, kV4 - 1 + kPort);
            return State::working;
        case kAddressV6:
            Await(Step::reply_rest, kV6 - 1 + kPort);
            return State::working;
        case kAddressName:
            Await(Step::reply_rest, static_cast<unsigned char>(taken_[4]) + kPort);
            return State::working;
        default:
            return Fail("the proxy's answer is malformed");
    }
}

Socks5::State Socks5::Fail(std::string why) {
    step_ = Step::ended;
    why_ = std::move(why);
    return State::failed;
}

void Socks5::Await(Step step, std::size_t size) {
    step_ = step;
    wanted_ = size;
    taken_.clear();
}

}  // namespace amber::server
