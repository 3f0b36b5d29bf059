#include "tests/server/test_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <stdexcept>
#include <utility>

namespace amber::test {
namespace json = boost::json;

TestClient::TestClient(std::uint16_t port, const char* source)
    : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (source) {
        address.sin_addr.s_addr = inet_addr(source);
        if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot bind");
    }
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("cannot connect");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval limit{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

TestClient::TestClient(TestClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      received_(std::move(other.received_)),
      next_id_(other.next_id_) {}

TestClient::~TestClient() {
    if (socket_ >= 0) close(socket_);
}

void TestClient::Send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) throw std::runtime_error("cannot send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool TestClient::WaitReadable(std::chrono::milliseconds time) const {
    pollfd descriptor{socket_, POLLIN, 0};
    return poll(&descriptor, 1, static_cast<int>(time.count())) > 0;
}

std::optional<std::string> TestClient::ReadLine(std::chrono::milliseconds patience) {
    while (true) {
        if (const auto end = received_.find('\n'); end != received_.npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        if (!WaitReadable(patience)) throw std::runtime_error("no answer in time");
        char chunk[65536];
        const ssize_t size = recv(socket_, chunk, sizeof chunk, 0);
        if (size <= 0) return std::nullopt;
        received_.append(chunk, static_cast<std::size_t>(size));
    }
}

std::string TestClient::Ask(const std::string& line) {
    SendLine(line);
    auto answer = ReadLine();
    if (!answer) throw std::runtime_error("closed");
    return *answer;
}

json::value TestClient::Call(const std::string& method, const std::string& params) {
    const unsigned id = next_id_++;
    SendLine(R"({"id":)" + std::to_string(id) + R"(,"method":")" + method + R"(","params":)" +
             params + '}');
    while (auto line = ReadLine()) {
        json::value answer = json::parse(*line);
        json::object& object = answer.as_object();
        if (object.contains("method")) continue;
        if (object.contains("error")) throw std::runtime_error(*line);
        if (object.at("id") == id) return object.at("result");
    }
    throw std::runtime_error("closed");
}

bool TestClient::IsSilent(std::chrono::milliseconds time) {
    return received_.empty() && !WaitReadable(time);
}

void TestClient::EndInput() { shutdown(socket_, SHUT_WR); }

}  // namespace amber::test
