#include "tests/server/test_server.h"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace amber::test {

namespace {

std::filesystem::path MakeFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "amber-server-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
    return name;
}

}  // namespace

TestServer::TestServer() {
    std::signal(SIGPIPE, SIG_IGN);  // as amberd does
    options.listeners = {{server::TransportKind::tcp, "127.0.0.1", 0},
                         {server::TransportKind::ws, "127.0.0.1", 0}};
    options.software = "Amber 9.8.7";
    options.io_threads = 2;
    options.query_threads = 2;
    options.exempt = {*server::Subnet::Parse("127.0.0.0/8")};  // as amberd has it
}

void TestServer::Start() {
    server_ = std::make_unique<server::WalletServer>(
        options, *index::FindCoin("bitcoin", "regtest"), node,
        [this](const index::NodeEvent& event) {
            const std::lock_guard lock(mutex_);
            events_.push_back(event);
        },
        peers);
    server_->Start(world.Publish());
}

TlsServer::TlsServer() : folder(MakeFolder()) {
    options.listeners.push_back({server::TransportKind::ssl, "127.0.0.1", 0});
    options.listeners.push_back({server::TransportKind::wss, "127.0.0.1", 0});
    options.certificate = {folder / "cert.pem", folder / "key.pem", true};
}

TlsServer::~TlsServer() {
    Stop();
    std::filesystem::remove_all(folder);
}

std::vector<index::NodeEvent> TestServer::NodeEvents() {
    const std::lock_guard lock(mutex_);
    return events_;
}

bool Eventually(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

std::size_t ResidentBytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace amber::test
