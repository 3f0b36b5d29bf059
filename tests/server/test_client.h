#pragma once
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace amber::test {

/// The least that can be asked, and its answer.
inline constexpr const char* kPing = R"({"id":1,"method":"server.ping"})";
inline constexpr const char* kPong = R"({"jsonrpc":"2.0","id":1,"result":null})";

/// A plain blocking socket with lines. Thread: one.
class TestClient {
public:
    /// `source`: an address of this machine to come from, such as 127.0.7.1; any if null.
    explicit TestClient(std::uint16_t port, const char* source = nullptr);
    ~TestClient();
    TestClient(TestClient&& other) noexcept;
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    /// Throws std::runtime_error if the server does not take it within 10 s, or has closed.
    void Send(std::string_view bytes);
    void SendLine(std::string line) { Send(line += '\n'); }
    /// Nothing when the server has closed. Throws std::runtime_error after `patience`.
    std::optional<std::string> ReadLine(std::chrono::milliseconds patience = kPatience);
    /// Send and read; throws if the server closes.
    std::string Ask(const std::string& line);
    /// {"id":..,"method":..,"params":..} to result; throws for an error answer. Notifications that
    /// come first are dropped.
    boost::json::value Call(const std::string& method, const std::string& params = "[]");
    /// True if nothing arrives for that long.
    bool IsSilent(std::chrono::milliseconds time);
    void EndInput();  ///< closes our sending half
    [[nodiscard]] int Descriptor() const { return socket_; }

private:
    static constexpr std::chrono::milliseconds kPatience{10'000};
    bool WaitReadable(std::chrono::milliseconds time) const;

    int socket_ = -1;
    std::string received_;
    unsigned next_id_ = 1;
};

}  // namespace amber::test
