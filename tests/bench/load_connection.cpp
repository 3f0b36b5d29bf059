#include "tests/bench/load_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace amber::bench {
namespace {

constexpr std::string_view kHandshake =
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"server.version\","
    "\"params\":[\"serve_load\",[\"1.4\",\"1.6\"]]}\n";

[[noreturn]] void Fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int Connect(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
        throw std::runtime_error(host + ":" + port + ": " + gai_strerror(error));
    const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    if (!connected) Fail("connect");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// Blocking: waits for the one line that answers the handshake.
void ShakeHands(int fd) {
    if (send(fd, kHandshake.data(), kHandshake.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(kHandshake.size()))
        Fail("send");
    std::string line;
    char byte = 0;
    while (byte != '\n') {
        if (recv(fd, &byte, 1, 0) != 1) throw std::runtime_error("closed during the handshake");
        line += byte;
    }
    if (ReadAnswer(line).is_error) throw std::runtime_error("server.version: " + line);
}

}  // namespace

std::uint64_t NowNs() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

LoadConnection::LoadConnection(LoadState& state, const std::string& host, const std::string& port,
                               unsigned in_flight)
    : state_(state), fd_(Connect(host, port)), slots_(in_flight) {
    ShakeHands(fd_);
    if (fcntl(fd_, F_SETFL, O_NONBLOCK) != 0) Fail("fcntl");
}

LoadConnection::~LoadConnection() { close(fd_); }

void LoadConnection::SendFirst() {
    for (unsigned slot = 0; slot < slots_.size(); ++slot) Ask(slot, NowNs());
    Flush();
}

void LoadConnection::Ask(unsigned slot, std::uint64_t now_ns) {
    slots_[slot] = {state_.maker.Draw(), now_ns, true};
    state_.maker.Write(slots_[slot].question, slot, output_);
}

void LoadConnection::Flush() {
    const ssize_t taken =
        send(fd_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0) {
        if (errno == EAGAIN) return;
        Fail("send");
    }
    sent_ += static_cast<std::size_t>(taken);
    if (WantsToWrite()) return;
    output_.clear();
    sent_ = 0;
}

void LoadConnection::OnReadable() {
    static char buffer[256 << 10];
    const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
    if (size == 0) throw std::runtime_error("the server closed a connection");
    if (size < 0) {
        if (errno == EAGAIN) return;
        Fail("recv");
    }
    const std::uint64_t now = NowNs();
    const std::string_view bytes(buffer, static_cast<std::size_t>(size));
    if (state_.counting) state_.received_bytes += bytes.size();
    if (partial_.empty()) {
        partial_ = bytes.substr(TakeLines(bytes, now));
    } else if (bytes.find('\n') == bytes.npos) {
        partial_ += bytes;
    } else {
        partial_ += bytes;
        partial_.erase(0, TakeLines(partial_, now));
    }
    if (free_.empty()) return;
    const std::uint64_t sending = NowNs();
    for (const unsigned slot : free_) Ask(slot, sending);
    free_.clear();
    if (sent_ == 0) Flush();  // else the socket is full: OnWritable() goes on
}

std::size_t LoadConnection::TakeLines(std::string_view bytes, std::uint64_t now_ns) {
    std::size_t begin = 0;
    while (true) {
        const auto* end =
            static_cast<const char*>(std::memchr(bytes.data() + begin, '\n', bytes.size() - begin));
        if (end == nullptr) return begin;
        const auto size = static_cast<std::size_t>(end - bytes.data()) - begin;
        TakeAnswer(bytes.substr(begin, size), now_ns);
        begin += size + 1;
    }
}

void LoadConnection::TakeAnswer(std::string_view line, std::uint64_t now_ns) {
    const Answer answer = ReadAnswer(line);
    const unsigned slot = answer.id.value_or(0) - RequestMaker::kFirstId;
    if (answer.is_error) {
        if (state_.errors++ == 0) state_.first_error = line.substr(0, 300);
    }
    if (!answer.id || slot >= slots_.size() || !slots_[slot].waiting) {
        if (!answer.is_error && line.find("\"method\"") == line.npos)
            throw std::runtime_error("an answer to no request: " +
                                     std::string(line.substr(0, 300)));
        return;
    }
    Slot& asked = slots_[slot];
    if (!answer.is_error && ++state_.answers % state_.check_one_in == 0) {
        ++state_.checked;
        if (!IsRight(asked.question, answer.result, state_.sample) && state_.wrong++ == 0)
            state_.first_error = "wrong: " + std::string(line.substr(0, 300));
    }
    if (state_.counting) {
        state_.latencies[static_cast<std::size_t>(asked.question.method)].Add(now_ns -
                                                                              asked.sent_ns);
    }
    asked.waiting = false;
    free_.push_back(slot);
}

}  // namespace amber::bench
