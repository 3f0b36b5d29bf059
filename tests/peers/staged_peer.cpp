#include "tests/peers/staged_peer.h"

#include <stdexcept>

#include "index/chain/hex.h"

namespace amber::server {

index::BlockHash StagedGenesis() {
    index::BlockHash genesis;
    genesis.bytes.fill(0x11);
    return genesis;
}

std::string GoodFeatures() {
    return R"({"hosts":{"peer.example.org":{"ssl_port":50002,"tcp_port":50001},)"
           R"("peer.example.net":{"tcp_port":50001}},"genesis_hash":")" +
           index::ToDisplayHex(StagedGenesis()) +
           R"(","hash_function":"sha256","server_version":"Staged 1.0","protocol_min":"1.4",)"
           R"("protocol_max":"1.6","pruning":null})";
}

std::optional<index::Bytes> StagedChain::Header(std::uint32_t at) const {
    if (broken || at > height) return std::nullopt;
    return index::FromHex(HeaderHex(at));
}

std::string StagedChain::HeaderHex(std::uint32_t at) {
    return std::string(152, '0') + std::to_string(10'000'000 + at);
}

StagedPeer::StagedPeer() {
    results = {
        {"server.version", R"(["Staged 1.0","1.6"])"},
        {"blockchain.headers.subscribe", R"({"hex":"00","height":120})"},
        {"server.features", GoodFeatures()},
        {"server.peers.subscribe",
         R"([["1.2.3.4","other.example.org",["v1.6","s50002","t50001"]]])"},
        {"blockchain.block.header", '"' + StagedChain::HeaderHex(110) + '"'},
        {"server.add_peer", "true"},
    };
    terms_ = {.software = "Amber 1",
              .genesis = StagedGenesis(),
              .usual_ports = {50001, 50002},
              .ours = {{"ours.example.org", 50001, 50002}}};
}

PeerVerdict StagedPeer::Run(const std::string& stop_before) {
    check_ = std::make_unique<PeerCheck>(terms_, chain, dialled, announcement, Deadline());
    check_->OnConnected();
    AnswerAll(stop_before);
    return check_->Verdict().value_or(PeerVerdict{.why = "no verdict"});
}

void StagedPeer::AnswerAll(const std::string& stop_before) {
    std::string output = check_->TakeOutput();
    while (!output.empty()) {
        const std::size_t end = output.find('\n');
        const std::string request = output.substr(0, end);
        output.erase(0, end + 1);
        requests.push_back(request);
        JsonDocument document;
        if (document.Parse(request) != JsonFault::none) throw std::logic_error(request);
        const std::string method(document.Member(document.Root(), "method")->text);
        asked.push_back(method);
        if (method == stop_before) return;
        const auto id = static_cast<unsigned>(
            std::stoul(std::string(document.Member(document.Root(), "id")->raw)));
        const std::string answer = AnswerTo(method, id);
        if (!answer.empty()) check_->OnLine(answer);
        output += check_->TakeOutput();
    }
}

std::string StagedPeer::AnswerTo(const std::string& method, unsigned id) {
    if (const auto line = lines.find(method); line != lines.end()) return line->second;
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + results.at(method) +
           '}';
}

}  // namespace amber::server
