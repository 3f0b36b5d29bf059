// Another server that answers as it likes. There is one verdict and it stays; nothing is asked
// after it; a good peer is among its own hosts, and whoever it names can be read again. The same
// bytes as a SOCKS5 proxy's answers never leave our half of it waiting for nothing.
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "server/peers/peer_check.h"
#include "server/peers/socks5.h"
#include "server/protocol/line_buffer.h"

using namespace amber::server;
using amber::index::BlockHash;
using amber::index::Bytes;

namespace {

void Check(bool good, const char* what) {
    if (good) return;
    std::cerr << what << '\n';
    std::abort();
}

struct ZeroChain final : OurChain {
    [[nodiscard]] std::uint32_t Height() const override { return 120; }
    [[nodiscard]] std::optional<Bytes> Header(std::uint32_t) const override { return Bytes(80); }
};

void CheckIsJson(std::string_view lines) {
    JsonDocument document;
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        Check(end != lines.npos, "half a question");
        Check(document.Parse(lines.substr(0, end)) == JsonFault::none, "a question is not JSON");
        lines.remove_prefix(end + 1);
    }
}

void CheckHost(const PeerHost& host) {
    Check(ParseHostName(host.name) == host.name && host.HasPort(), "a host that is none");
    const std::string row = PeerRow("", host, kProtocolMax);
    JsonDocument document;
    Check(document.Parse(row) == JsonFault::none, "a row is not JSON");
    Check(ReadPeerRow(document, document.Root(), {1, 2}) == host, "another host when read again");
}

void CheckVerdict(const PeerVerdict& verdict) {
    if (verdict.kind != PeerVerdict::Kind::good) {
        Check(!verdict.why.empty(), "no reason");
        return;
    }
    Check(verdict.features.Find("peer.example") != nullptr, "good, but not itself");
    Check(verdict.others.size() <= PeerCheck::kRowsMax, "too many others");
    std::ranges::for_each(verdict.features.hosts, CheckHost);
    std::ranges::for_each(verdict.others, CheckHost);
}

void TalkAsPeer(std::string_view bytes, bool announce) {
    const ZeroChain chain;
    BlockHash genesis;
    genesis.bytes.fill(0x11);
    const PeerCheck::Terms terms{
        .software = "x", .genesis = genesis, .usual_ports = {1, 2}, .ours = {}};
    const auto deadline = PeerCheck::Time(std::chrono::seconds(1));
    PeerCheck check(terms, chain, "peer.example", announce ? "{}" : "", deadline);
    check.OnConnected();
    LineBuffer lines(4000);
    lines.Feed(bytes);
    while (true) {
        const LineBuffer::Item item = lines.Next();
        if (item.event == LineBuffer::Event::none) break;
        CheckIsJson(check.TakeOutput());
        const bool was_over = check.Verdict().has_value();
        if (item.event == LineBuffer::Event::line)
            check.OnLine(item.line);
        else
            check.Refuse("a long line");
        if (was_over) Check(check.TakeOutput().empty(), "asks after the verdict");
    }
    check.OnTime(deadline);
    Check(check.Verdict().has_value(), "no verdict");
    CheckVerdict(*check.Verdict());
}

void TalkAsProxy(std::string_view bytes) {
    Socks5 socks("peer.example", 1);
    while (!bytes.empty()) {
        const std::size_t size = std::min(socks.Wanted(), bytes.size());
        Check(size > 0, "waits for nothing");
        const auto state = socks.Take(bytes.substr(0, size));
        if (state == Socks5::State::failed) Check(!socks.Why().empty(), "no reason");
        if (state != Socks5::State::working) return;
        bytes.remove_prefix(size);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (bytes.empty()) return 0;
    TalkAsPeer(bytes.substr(1), bytes.front() % 2 == 1);
    TalkAsProxy(bytes.substr(1));
    return 0;
}
