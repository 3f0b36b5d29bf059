#include "server/peers/peer_check.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "index/chain/hex.h"
#include "server/protocol/json_writer.h"
#include "server/protocol/version.h"

namespace amber::server {
namespace {

using Kind = PeerVerdict::Kind;

constexpr std::size_t kQuotedMax = 120;

constexpr std::array<std::string_view, 6> kMethods = {
    "server.version",         "blockchain.headers.subscribe", "server.features",
    "server.peers.subscribe", "blockchain.block.header",      "server.add_peer"};

/// A height as JSON has it: digits only.
std::optional<std::uint32_t> ReadHeight(const JsonValue* value) {
    if (!value || value->kind != JsonKind::number) return std::nullopt;
    std::uint32_t height = 0;
    const char* end = value->raw.data() + value->raw.size();
    const auto [stop, error] = std::from_chars(value->raw.data(), end, height);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return height;
}

std::optional<unsigned> ReadId(const JsonValue& id) {
    if (id.kind != JsonKind::number || id.raw.size() != 1) return std::nullopt;
    return static_cast<unsigned>(id.raw.front() - '0');
}

}  // namespace

PeerCheck::PeerCheck(const Terms& terms, const OurChain& chain, std::string host,
                     std::string announcement, Time deadline)
    : terms_(terms),
      chain_(chain),
      host_(std::move(host)),
      announcement_(std::move(announcement)),
      deadline_(deadline) {}

void PeerCheck::OnConnected() {
    if (verdict_ || step_ != Step::connecting) return;
    step_ = Step::version;
    std::string params = "[";
    JsonWriter out(params);
    out.String(terms_.software).Raw(",[").String(kProtocolMin.Text()).Raw(',');
    out.String(kProtocolMax.Text()).Raw("]]");
    Ask(version, params);
}

void PeerCheck::OnLine(std::string_view line) {
    if (verdict_ || step_ == Step::connecting) return;
    bytes_ += line.size();
    if (bytes_ > kBytesMax) return Refuse("it sends too much");
    if (document_.Parse(line) != JsonFault::none || document_.Root().kind != JsonKind::object)
        return Refuse("what it sends is not JSON-RPC");
    const JsonValue* id = document_.Member(document_.Root(), "id");
    // Notifications of what was subscribed to, and requests of its own, are nothing to us.
    if (document_.Member(document_.Root(), "method")) return;
    const JsonValue* error = document_.Member(document_.Root(), "error");
    const bool failed = error && error->kind != JsonKind::null;
    // Of the connection as a whole: too many of them, say.
    if (failed && (!id || id->kind == JsonKind::null))
        return Fail("it sends an error: " + Printable(error->raw, kQuotedMax));
    const auto number = id ? ReadId(*id) : std::nullopt;
    if (!number || *number >= count || (open_ >> *number & 1) == 0)
        return Refuse("it answers what was not asked");
    open_ &= static_cast<std::uint8_t>(~(1U << *number));
    const auto question = static_cast<Question>(*number);
    if (failed)
        return Fail(std::string(kMethods[question]) +
                    " is answered with an error: " + Printable(error->raw, kQuotedMax));
    const JsonValue* result = document_.Member(document_.Root(), "result");
    if (!result) return Refuse("an answer has neither result nor error");
    OnAnswer(question, *result);
}

void PeerCheck::OnAnswer(Question question, const JsonValue& result) {
    switch (question) {
        case version:
            return OnVersion(result);
        case tip:
            OnTip(result);
            break;
        case features:
            OnFeatures(result);
            break;
        case peers:
            OnPeers(result);
            break;
        case header:
            return OnHeader(result);
        case add_peer:
            return Good(result.raw == "true");
        case count:
            return;
    }
    if (!verdict_ && open_ == 0) AskForHeader();
}

void PeerCheck::OnVersion(const JsonValue& result) {
    const bool pair = result.kind == JsonKind::array && result.count == 2;
    const JsonValue* spoken = pair ? document_.After(*document_.First(result)) : nullptr;
    if (!spoken || spoken->kind != JsonKind::string)
        return Refuse("server.version is answered with something else");
    const auto agreed = ParseVersion(spoken->text);
    if (!agreed || *agreed < kProtocolMin || *agreed > kProtocolMax)
        return Refuse("it takes a version of the protocol that was not offered");
    step_ = Step::questions;
    Ask(tip, "[]");
    Ask(features, "[]");
    Ask(peers, "[]");
}

void PeerCheck::OnTip(const JsonValue& result) {
    const auto height = result.kind == JsonKind::object
                            ? ReadHeight(document_.Member(result, "height"))
                            : std::nullopt;
    if (!height) return Refuse("headers.subscribe is answered with something else");
    their_height_ = *height;
    const std::uint32_t ours = chain_.Height();
    const std::uint32_t distance = std::max(ours, *height) - std::min(ours, *height);
    // It may be behind, or we are.
    if (distance > kTipDistance)
        Fail("its tip is at " + std::to_string(*height) + ", ours at " + std::to_string(ours));
}

void PeerCheck::OnFeatures(const JsonValue& result) {
    if (auto wrong = ReadFeatures(document_, result, features_)) return Refuse(*wrong);
    if (features_.genesis != terms_.genesis) return Refuse("it serves another network");
    if (!features_.Find(host_)) Refuse("the host it was found at is not among those it names");
}

void PeerCheck::OnPeers(const JsonValue& result) {
    if (result.kind != JsonKind::array)
        return Refuse("server.peers.subscribe is answered with something else");
    const std::uint32_t rows = std::min(result.count, kRowsMax);
    const JsonValue* row = rows > 0 ? document_.First(result) : nullptr;
    for (std::uint32_t i = 0; i < rows; ++i, row = document_.After(*row))
        if (auto host = ReadPeerRow(document_, *row, terms_.usual_ports))
            others_.push_back(std::move(*host));
}

void PeerCheck::AskForHeader() {
    step_ = Step::header;
    const std::uint32_t lower = std::min(chain_.Height(), their_height_);
    compared_height_ = lower - std::min(lower, kBranchMax);
    Ask(header, '[' + std::to_string(compared_height_) + ']');
}

void PeerCheck::OnHeader(const JsonValue& result) {
    const auto theirs =
        result.kind == JsonKind::string ? index::FromHex(result.text) : std::nullopt;
    if (!theirs) return Refuse("blockchain.block.header is answered with something else");
    const auto ours = chain_.Header(compared_height_);
    if (!ours) return Fail("our own header at " + std::to_string(compared_height_) + " is gone");
    if (*theirs != *ours)
        return Refuse("it is on another chain at height " + std::to_string(compared_height_));
    if (announcement_.empty() || ListsUs()) return Good(false);
    step_ = Step::announce;
    Ask(add_peer, '[' + announcement_ + ']');
}

/// With the ports that we have now.
bool PeerCheck::ListsUs() const {
    return std::ranges::any_of(terms_.ours, [&](const PeerHost& host) {
        return std::ranges::find(others_, host) != others_.end();
    });
}

void PeerCheck::OnTime(Time now) {
    if (verdict_ || now < deadline_) return;
    if (step_ == Step::announce) return Good(false);
    Fail(step_ == Step::connecting ? "cannot connect in time" : "no answer in time");
}

void PeerCheck::Fail(std::string why) {
    if (verdict_) return;
    if (step_ == Step::announce) return Good(false);
    verdict_ = PeerVerdict{.kind = Kind::failed, .why = std::move(why)};
    output_.clear();
}

void PeerCheck::Refuse(std::string why) {
    if (verdict_) return;
    verdict_ = PeerVerdict{.kind = Kind::bad, .why = std::move(why)};
    output_.clear();
}

void PeerCheck::Good(bool announced) {
    verdict_ = PeerVerdict{.kind = Kind::good,
                           .why = {},
                           .features = std::move(features_),
                           .others = std::move(others_),
                           .announced = announced};
}

void PeerCheck::Ask(Question question, std::string_view params) {
    open_ |= static_cast<std::uint8_t>(1U << question);
    JsonWriter out(output_);
    out.Raw(R"({"jsonrpc":"2.0","id":)").Uint(question).Raw(R"(,"method":")");
    out.Raw(kMethods[question]).Raw(R"(","params":)").Raw(params).Raw("}\n");
}

}  // namespace amber::server
