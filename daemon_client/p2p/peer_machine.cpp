#include "daemon_client/p2p/peer_machine.h"

#include <algorithm>

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;
using index::ByteView;
using Kind = PeerError::Kind;

namespace {

constexpr std::string_view kUserAgent = "/Amber:" AMBER_VERSION "/";
/// Our clock is told no more precisely than this, so that nobody knows us again by its error.
constexpr std::int64_t kTimeStep = 300;

/// Fit for a log: what is not printable ASCII becomes a question mark.
std::string Printable(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

std::string Within(std::chrono::milliseconds limit) {
    return " within " + std::to_string(limit.count()) + " ms";
}

}  // namespace

PeerMachine::PeerMachine(const index::Coin& coin, std::uint64_t id, std::string label,
                         Limits limits, NonceSet& nonces, Time now)
    : coin_(coin),
      limits_(limits),
      nonces_(nonces),
      nonce_(nonces.Draw()),
      handshake_deadline_(now + limits.handshake),
      ping_nonce_(nonce_) {
    facts_.id = id;
    facts_.label = std::move(label);
}

void PeerMachine::OnConnected(std::int64_t unix_seconds) {
    if (state_ != State::connecting) return;
    state_ = State::awaiting_version;
    // We serve nothing: no services, no blocks.
    Send({Command::version, WriteVersion({.protocol = kProtocolVersion,
                                          .time = unix_seconds - unix_seconds % kTimeStep,
                                          .nonce = nonce_,
                                          .user_agent = std::string(kUserAgent)})});
}

void PeerMachine::OnMessage(Message message, Time now) {
    if (state_ == State::ended) return;
    switch (message.command) {
        case Command::version:
            return OnVersion(message.payload);
        case Command::verack:
            return OnVerack(now);
        default:
            break;
    }
    if (state_ != State::ready) return;
    switch (message.command) {
        case Command::ping: {
            const auto nonce = ReadNonce(message.payload);
            if (!nonce) return Malformed(nonce.error().what);
            return Send({Command::pong, WriteNonce(*nonce)});
        }
        case Command::pong:
            return OnPong(message.payload, now);
        case Command::headers:
            return OnHeaders(message.payload, now);
        case Command::block:
            return OnBlock(std::move(message.payload), now);
        case Command::inv:
            return OnInventory(message.payload);
        case Command::notfound:
            return OnNotFound(message.payload, now);
        default:
            return;  // nothing to us
    }
}

void PeerMachine::OnVersion(ByteView payload) {
    if (state_ != State::awaiting_version) return Malformed("a second version message");
    const auto version = ReadVersion(payload);
    if (!version) return Malformed(version.error().what);
    if (const auto why = WhyUnsuitable(*version)) return Fail(*why);
    facts_.protocol_version = version->protocol;
    facts_.services = version->services;
    facts_.user_agent = Printable(version->user_agent);
    facts_.start_height = version->start_height;
    state_ = State::awaiting_verack;
    Send({Command::verack, {}});
}

std::optional<PeerError> PeerMachine::WhyUnsuitable(const VersionPayload& version) const {
    if (version.protocol < kProtocolVersionMin)
        return PeerError{Kind::unsuitable, "it speaks protocol " +
                                               std::to_string(version.protocol) + ", older than " +
                                               std::to_string(kProtocolVersionMin)};
    if (nonces_.Contains(version.nonce))
        return PeerError{Kind::self, "it is this process, or echoes it"};
    if (!(version.services & kNodeNetwork))
        return PeerError{Kind::unsuitable, "it does not serve the whole chain (is it pruned?)"};
    return std::nullopt;
}

void PeerMachine::OnVerack(Time now) {
    if (state_ == State::ready) return Malformed("a second verack message");
    if (state_ != State::awaiting_verack) return;
    state_ = State::ready;
    output_.became_ready = true;
    ping_due_ = now + limits_.heartbeat;
    AskNext(now);
}

void PeerMachine::OnPong(ByteView payload, Time now) {
    const auto nonce = ReadNonce(payload);
    if (!nonce) return Malformed(nonce.error().what);
    if (!ping_out_ || *nonce != ping_nonce_) return;
    ping_out_ = false;
    output_.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(now - ping_sent_);
    ping_due_ = std::max(ping_sent_ + limits_.heartbeat, now);
}

void PeerMachine::OnHeaders(ByteView payload, Time now) {
    auto headers = ReadHeaders(*coin_.codec, payload);
    if (!headers) return Malformed(headers.error().what);
    if (active_) {
        const auto use = active_->OfferHeaders(*headers);
        if (use != Exchange::Use::none) return Took(use, now);
    }
    for (const Bytes& header : *headers)
        output_.announced.push_back(coin_.codec->HashHeader(header));
}

void PeerMachine::OnBlock(Bytes payload, Time now) {
    const auto size = coin_.codec->HeaderSize(payload);
    if (!size) return Malformed("a block without a header");
    if (!active_) return;
    const BlockHash hash = coin_.codec->HashHeader(ByteView(payload).first(*size));
    Took(active_->OfferBlock(hash, payload), now);
}

void PeerMachine::OnInventory(ByteView payload) {
    const auto items = ReadInventory(payload);
    if (!items) return Malformed(items.error().what);
    for (const InventoryItem& item : *items)
        if (item.IsBlock()) output_.announced.push_back(item.hash);
}

void PeerMachine::OnNotFound(ByteView payload, Time now) {
    const auto items = ReadInventory(payload);
    if (!items) return Malformed(items.error().what);
    for (const InventoryItem& item : *items) {
        if (!active_) return;
        if (item.IsBlock()) Took(active_->OfferNotFound(item.hash), now);
    }
}

void PeerMachine::OnTime(Time now) {
    if (state_ == State::ended) return;
    if (state_ != State::ready) {
        if (now < handshake_deadline_) return;
        const bool connected = state_ != State::connecting;
        return Fail({Kind::timeout, (connected ? "no whole handshake" : "cannot connect") +
                                        Within(limits_.handshake)});
    }
    if (active_ && now >= active_deadline_) {
        active_->Fail(Named(active_->WhyNoAnswer().value_or(
            PeerError{Kind::timeout, "no answer" + Within(limits_.request)})));
        Finish();
        AskNext(now);
    }
    if (now < ping_due_) return;
    if (ping_out_) return Fail({Kind::timeout, "no answer to a ping" + Within(limits_.heartbeat)});
    SendPing(now);
}

void PeerMachine::Submit(std::unique_ptr<Exchange> exchange, Time now) {
    if (error_ || queue_.size() >= kQueueMax) {
        exchange->Fail(error_ ? *error_
                              : Named({Kind::overloaded, "too many requests wait for it"}));
        output_.answered.push_back(std::move(exchange));
        return;
    }
    queue_.push_back(std::move(exchange));
    if (state_ == State::ready) AskNext(now);
}

void PeerMachine::Fail(PeerError why) {
    if (state_ == State::ended) return;
    state_ = State::ended;
    output_.send.clear();
    error_ = Named(std::move(why));
    if (active_) {
        active_->Fail(*error_);
        Finish();
    }
    for (auto& exchange : std::exchange(queue_, {})) {
        exchange->Fail(*error_);
        output_.answered.push_back(std::move(exchange));
    }
}

PeerMachine::Time PeerMachine::Deadline() const {
    if (state_ == State::ended) return Time::max();
    if (state_ != State::ready) return handshake_deadline_;
    return active_ ? std::min(active_deadline_, ping_due_) : ping_due_;
}

/// Sends the next request, if none is under way.
void PeerMachine::AskNext(Time now) {
    while (!active_ && !queue_.empty()) {
        active_ = std::move(queue_.front());
        queue_.pop_front();
        auto message = active_->Ask(facts_.services);
        if (!message) {
            Finish();
            continue;
        }
        Send(std::move(*message));
        active_deadline_ = now + limits_.request;
    }
}

/// The active request made this of a message.
void PeerMachine::Took(Exchange::Use use, Time now) {
    if (use == Exchange::Use::none) return;
    if (ping_out_) ping_due_ = now + limits_.heartbeat;
    active_deadline_ = now + limits_.request;
    if (use == Exchange::Use::progress) return;
    if (use == Exchange::Use::empty)
        active_->Fail(Named({Kind::missing, "it has none of the blocks asked for"}));
    Finish();
    AskNext(now);
}

void PeerMachine::Finish() { output_.answered.push_back(std::move(active_)); }

void PeerMachine::SendPing(Time now) {
    Send({Command::ping, WriteNonce(++ping_nonce_)});
    ping_out_ = true;
    ping_sent_ = now;
    ping_due_ = now + limits_.heartbeat;
}

void PeerMachine::Malformed(const std::string& what) {
    Fail({Kind::malformed, "it sent what is not allowed: " + what});
}

PeerError PeerMachine::Named(PeerError error) const {
    const std::string name = "peer " + facts_.label + ": ";
    if (!error.message.starts_with(name)) error.message = name + error.message;
    return error;
}

}  // namespace amber::daemon_client
