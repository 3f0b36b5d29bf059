#include "tests/support/fake_node.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>

#include "index/chain/hex.h"
#include "index/chain/sha256.h"
#include "tests/generator/block_builder.h"

namespace amber::test {

namespace json = boost::json;
using index::Bytes;

namespace {

constexpr std::uint32_t kFirstTime = 1'600'000'000;

std::string AsText(const Bytes& raw) {
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

std::string HexOf(const std::string& raw) {
    return index::ToHex({reinterpret_cast<const std::uint8_t*>(raw.data()), raw.size()});
}

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

bool SendAll(int fd, const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const ssize_t now = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (now <= 0) return false;
        sent += static_cast<std::size_t>(now);
    }
    return true;
}

std::string HeaderValue(const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
}

}  // namespace

FakeNode::FakeNode() {
    SetChain(MakeChain(1));
    Start();
}

FakeNode::~FakeNode() { Shutdown(); }

std::string FakeNode::Url(const std::string& credentials) const {
    return "http://" + (credentials.empty() ? "" : credentials + "@") +
           "127.0.0.1:" + std::to_string(port_);
}

void FakeNode::Start() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("fake node cannot listen");
    port_ = ntohs(address.sin_port);
    running_ = true;
    acceptor_ = std::thread([this] { Listen(); });
}

void FakeNode::Shutdown() {
    if (!running_.exchange(false)) return;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    std::vector<std::thread> servers;
    {
        std::lock_guard lock(mutex_);
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
        servers.swap(servers_);
    }
    for (std::thread& server : servers) server.join();
}

void FakeNode::SetChain(std::vector<Bytes> blocks) {
    std::lock_guard lock(mutex_);
    hashes_.clear();
    for (const Bytes& raw : blocks) {
        hashes_.push_back(ToDisplayHex(HashOfBlock(raw)));
        blocks_[hashes_.back()] = AsText(raw);
    }
}

void FakeNode::SetMempool(std::map<std::string, std::string> hex_by_txid) {
    std::lock_guard lock(mutex_);
    mempool_ = std::move(hex_by_txid);
}

void FakeNode::SetHook(Hook hook) {
    std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
}

void FakeNode::SetMethod(const std::string& name, Method method) {
    std::lock_guard lock(mutex_);
    methods_[name] = std::move(method);
}

void FakeNode::Require(std::string authorization) {
    std::lock_guard lock(mutex_);
    required_authorization_ = std::move(authorization);
}

int FakeNode::Calls(const std::string& name) const {
    std::lock_guard lock(mutex_);
    const auto found = calls_.find(name);
    return found == calls_.end() ? 0 : found->second;
}

void FakeNode::Listen() {
    while (running_) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const int yes = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        ++connections_;
        std::lock_guard lock(mutex_);
        open_.insert(fd);
        servers_.emplace_back([this, fd] { Serve(fd); });
    }
}

void FakeNode::Serve(int fd) {
    std::string buffer;
    while (running_) {
        const auto request = ReadRequest(fd, buffer);
        if (!request) break;
        const Answer answer = Handle(*request);
        for (auto waited = std::chrono::milliseconds(0); running_ && waited < answer.stall;
             waited += std::chrono::milliseconds(5))
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (!running_ || !SendAnswer(fd, answer)) break;
    }
    std::lock_guard lock(mutex_);
    open_.erase(fd);
    ::close(fd);
}

std::optional<FakeNode::Request> FakeNode::ReadRequest(int fd, std::string& buffer) {
    const auto more = [&] {
        char piece[65536];
        const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
        if (got > 0) buffer.append(piece, static_cast<std::size_t>(got));
        return got > 0;
    };
    std::size_t end;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
        if (!more()) return std::nullopt;
    const std::string head = buffer.substr(0, end + 2);
    const std::string length = HeaderValue(head, "Content-Length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (buffer.size() < end + 4 + size)
        if (!more()) return std::nullopt;
    Request request;
    const std::size_t target = head.find(' ') + 1;
    request.target = head.substr(target, head.find(' ', target) - target);
    request.authorization = HeaderValue(head, "Authorization");
    request.body = buffer.substr(end + 4, size);
    buffer.erase(0, end + 4 + size);
    return request;
}

bool FakeNode::SendAnswer(int fd, const Answer& answer) {
    if (answer.reset) return false;
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Something\r\n";
    if (answer.close) text += "Connection: close\r\n";
    if (answer.chunked) {
        text += "Transfer-Encoding: chunked\r\n\r\n";
        const std::size_t half = answer.body.size() / 2;
        for (const std::string& piece : {answer.body.substr(0, half), answer.body.substr(half)}) {
            char size[20];
            std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
            if (!piece.empty()) text += size + piece + "\r\n";
        }
        text += "0\r\n\r\n";
    } else {
        text +=
            "Content-Length: " + std::to_string(answer.claimed_size.value_or(answer.body.size())) +
            "\r\n\r\n";
        text += answer.cut_after ? answer.body.substr(0, *answer.cut_after) : answer.body;
    }
    return SendAll(fd, text) && !answer.cut_after && !answer.close;
}

FakeNode::Answer FakeNode::Handle(const Request& request) {
    Hook hook;
    {
        std::lock_guard lock(mutex_);
        hook = hook_;
        if (!required_authorization_.empty() && request.target == "/" &&
            request.authorization != required_authorization_)
            return {.status = 401, .body = ""};
    }
    if (hook) {
        if (auto answer = hook(request)) return *answer;
    }
    return request.target == "/" ? HandleRpc(request.body) : HandleRest(request.target);
}

FakeNode::Answer FakeNode::HandleRest(const std::string& target) {
    std::lock_guard lock(mutex_);
    ++calls_[target.substr(0, target.rfind('/'))];
    if (!rest_) return {.status = 404, .body = "<HTML>404 Not Found</HTML>"};
    if (target == "/rest/chaininfo.json") return {.status = 200, .body = "{}"};
    const std::string prefix = "/rest/block/";
    if (!target.starts_with(prefix)) return {.status = 404, .body = ""};
    const std::string hash = target.substr(prefix.size(), 64);
    const auto raw = RawBlock(hash);
    if (!raw) return {.status = 404, .body = hash + " not found\r\n"};
    return {.status = 200, .body = *raw};
}

FakeNode::Answer FakeNode::HandleRpc(const std::string& body) {
    const json::value parsed = json::parse(body);
    const auto reply = [&](const json::value& call) -> std::pair<std::string, int> {
        const json::object& object = call.as_object();
        const std::string id = json::serialize(object.at("id"));
        const std::string name(object.at("method").as_string());
        try {
            return {"{\"result\":" + CallMethod(name, json::serialize(object.at("params"))) +
                        ",\"error\":null,\"id\":" + id + "}",
                    200};
        } catch (const RpcError& error) {
            return {"{\"result\":null,\"error\":{\"code\":" + std::to_string(error.code) +
                        ",\"message\":" + json::serialize(error.message) + "},\"id\":" + id + "}",
                    error.code == -32601 ? 404 : 500};
        }
    };
    if (parsed.is_object()) {
        auto [text, status] = reply(parsed);
        return {.status = status, .body = text + "\n"};
    }
    std::string all = "[";
    for (const json::value& call : parsed.as_array())
        all += (all.size() > 1 ? "," : "") + reply(call).first;
    return {.status = 200, .body = all + "]\n"};
}

std::string FakeNode::CallMethod(const std::string& name, const std::string& params) {
    Method method;
    {
        std::lock_guard lock(mutex_);
        ++calls_[name];
        if (const auto found = methods_.find(name); found != methods_.end()) method = found->second;
    }
    if (method) return method(params);
    std::lock_guard lock(mutex_);
    const std::string height = std::to_string(hashes_.size() - 1);
    if (name == "getblockcount") return height;
    if (name == "getbestblockhash") return Quoted(hashes_.back());
    if (name == "getblockhash") {
        const auto wanted = json::parse(params).as_array().at(0).as_int64();
        if (wanted < 0 || static_cast<std::size_t>(wanted) >= hashes_.size())
            throw RpcError{-8, "Block height out of range"};
        return Quoted(hashes_[static_cast<std::size_t>(wanted)]);
    }
    if (name == "getblock") return Getblock(params);
    if (name == "getblockchaininfo")
        return "{\"chain\":\"regtest\",\"blocks\":" + height + ",\"headers\":" + height +
               ",\"bestblockhash\":" + Quoted(hashes_.back()) +
               ",\"initialblockdownload\":false,\"pruned\":false}";
    if (name == "getnetworkinfo")
        return "{\"version\":290400,\"subversion\":\"/Fake:29.4.0/\",\"relayfee\":0.00001,"
               "\"incrementalfee\":0.00002}";
    if (name == "getmempoolinfo")
        return "{\"size\":" + std::to_string(mempool_.size()) +
               ",\"mempoolminfee\":0.00003,\"minrelaytxfee\":0.00001,"
               "\"incrementalrelayfee\":0.00002}";
    if (name == "getrawmempool") {
        std::string list;
        for (const auto& [txid, hex] : mempool_) list += (list.empty() ? "" : ",") + Quoted(txid);
        return "[" + list + "]";
    }
    if (name == "getrawtransaction") return GetRawTransaction(params);
    throw RpcError{-32601, "Method not found"};
}

std::string FakeNode::Getblock(const std::string& params) {
    const auto raw = RawBlock(std::string(json::parse(params).as_array().at(0).as_string()));
    if (!raw) throw RpcError{-5, "Block not found"};
    return Quoted(HexOf(*raw));
}

std::string FakeNode::GetRawTransaction(const std::string& params) {
    const auto found = mempool_.find(std::string(json::parse(params).as_array().at(0).as_string()));
    if (found == mempool_.end())
        throw RpcError{-5, "No such mempool transaction. Use -txindex or provide a block hash."};
    return Quoted(found->second);
}

std::optional<std::string> FakeNode::RawBlock(const std::string& hash) const {
    const auto found = blocks_.find(hash);
    return found == blocks_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Bytes> MakeChain(std::size_t count, std::uint32_t branch) {
    std::vector<Bytes> chain{generator::GenesisBlock()};
    generator::BlockBuilder builder(kFirstTime);
    while (chain.size() < count)
        chain.push_back(
            builder.Finish({{builder.Reward(), {generator::ScriptKind::op_true, 0}}}, false, branch)
                .raw);
    return chain;
}

index::BlockHash HashOfBlock(const Bytes& raw) {
    return index::Sha256dAs<index::BlockHash>(index::ByteView(raw).first(80));
}

}  // namespace amber::test
