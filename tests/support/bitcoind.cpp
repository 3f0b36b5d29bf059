#include "tests/support/bitcoind.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace amber::test {

namespace fs = std::filesystem;

std::uint16_t UnusedPort() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool ok = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(fd);
    if (!ok) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

std::optional<fs::path> Bitcoind::Program() {
    if (const char* named = std::getenv("AMBER_BITCOIND")) return named;
    const fs::path usual = "/opt/bitcoind/bin/bitcoind";
    if (fs::exists(usual)) return usual;
    return std::nullopt;
}

Bitcoind::Bitcoind(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    std::string name = (fs::temp_directory_path() / "amber-bitcoind-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    datadir_ = name;
    for (int i = 0; i < 3; ++i) ports_.push_back(UnusedPort());
}

Bitcoind::~Bitcoind() {
    Stop();
    std::error_code ignored;
    fs::remove_all(datadir_, ignored);
}

void Bitcoind::Start() {
    std::vector<std::string> words{Program()->string(),
                                   "-regtest",
                                   "-datadir=" + datadir_.string(),
                                   "-rpcport=" + std::to_string(ports_[0]),
                                   "-server=1",
                                   "-listen=0",
                                   "-dnsseed=0",
                                   "-disablewallet=1",
                                   "-printtoconsole=0",
                                   "-rpcallowip=127.0.0.1",
                                   "-rpcbind=127.0.0.1"};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ > 0) return;
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
}

void Bitcoind::Stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

std::string Bitcoind::Url() const { return "http://127.0.0.1:" + std::to_string(ports_[0]); }

fs::path Bitcoind::CookieFile() const { return datadir_ / "regtest" / ".cookie"; }

}  // namespace amber::test
