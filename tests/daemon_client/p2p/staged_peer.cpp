#include "tests/daemon_client/p2p/staged_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "daemon_client/p2p/payload.h"
#include "tests/daemon_client/p2p/driven_machine.h"
#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {

using index::Bytes;
using index::ByteView;

namespace {

int ListenOnAnyPort(int backlog, std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(fd, backlog) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("a staged peer cannot listen");
    port = ntohs(address.sin_port);
    return fd;
}

}  // namespace

bool StagedPeer::Connection::Send(ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
    return true;
}

bool StagedPeer::Connection::Send(Command command, const Bytes& payload) {
    return Send(WriteMessage(Regtest(), command, payload));
}

std::optional<StagedPeer::Connection::Received> StagedPeer::Connection::Read() {
    std::uint8_t head[kMessageHeadBytes];
    if (!ReadExactly(head, sizeof head)) return std::nullopt;
    Received received;
    const char* name = reinterpret_cast<const char*>(head + 4);
    received.command.assign(name, ::strnlen(name, kCommandBytes));
    std::uint32_t length;
    std::memcpy(&length, head + 16, sizeof length);
    received.payload.resize(length);
    if (!ReadExactly(received.payload.data(), length)) return std::nullopt;
    return received;
}

std::optional<Bytes> StagedPeer::Connection::ReadRaw(std::size_t count) {
    Bytes bytes(count);
    if (!ReadExactly(bytes.data(), count)) return std::nullopt;
    return bytes;
}

std::optional<StagedPeer::Connection::Received> StagedPeer::Connection::ReadUntil(Command command) {
    while (auto received = Read())
        if (received->command == CommandName(command)) return received;
    return std::nullopt;
}

void StagedPeer::Connection::ReadToTheEnd() {
    while (Read()) {
    }
}

bool StagedPeer::Connection::Pause(std::chrono::milliseconds time) {
    pollfd wait{fd_, POLLRDHUP, 0};
    return ::poll(&wait, 1, static_cast<int>(time.count())) == 0;
}

bool StagedPeer::Connection::ShakeHands() {
    return ReadUntil(Command::version) && Send(Command::version, WriteVersion(GoodVersion())) &&
           Send(Command::verack) && ReadUntil(Command::verack);
}

bool StagedPeer::Connection::ReadExactly(std::uint8_t* to, std::size_t count) {
    while (count > 0) {
        const ssize_t got = ::recv(fd_, to, count, 0);
        if (got <= 0) return false;
        to += got;
        count -= static_cast<std::size_t>(got);
    }
    return true;
}

StagedPeer::StagedPeer(Script script) : script_(std::move(script)) {
    listener_ = ListenOnAnyPort(64, port_);
    acceptor_ = std::thread([this] { Listen(); });
}

StagedPeer::~StagedPeer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    std::map<int, std::thread> servers;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [number, fd] : open_) ::shutdown(fd, SHUT_RDWR);
        servers.swap(servers_);
    }
    for (auto& [number, server] : servers) server.join();
}

int StagedPeer::Open() const {
    std::lock_guard lock(mutex_);
    return static_cast<int>(open_.size());
}

void StagedPeer::Listen() {
    while (true) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const int yes = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        std::lock_guard lock(mutex_);
        const int number = ++connections_;
        open_[number] = fd;
        servers_[number] = std::thread([this, fd, number] { Serve(fd, number); });
    }
}

void StagedPeer::Serve(int fd, int number) {
    Connection connection(fd, number);
    script_(connection);
    std::lock_guard lock(mutex_);
    open_.erase(number);
    ::close(fd);
}

BlackHole::BlackHole() {
    listener_ = ListenOnAnyPort(0, port_);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    for (int i = 0; i < 3; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
        fillers_.push_back(fd);
    }
}

BlackHole::~BlackHole() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
}

}  // namespace amber::daemon_client
