#include "server/peers/peer_visit.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "server/wire/parse_address.h"

namespace amber::server {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

}  // namespace

PeerVisit::PeerVisit(boost::asio::io_context& context, const VisitMeans& means, PeerHost host,
                     std::string announcement, WhyNot why_not, Done done)
    : context_(context),
      means_(means),
      host_(std::move(host)),
      announcement_(std::move(announcement)),
      why_not_(std::move(why_not)),
      done_(std::move(done)),
      resolver_(context),
      socket_(context),
      timer_(context) {}

bool PeerVisit::Proxied() const {
    return means_.options.proxy && (means_.options.proxy_for_all || IsOnion(host_.name));
}

void PeerVisit::Start() {
    if (Proxied()) return LookUp(means_.options.proxy->host, means_.options.proxy->port);
    LookUp(host_.name, 0);
}

void PeerVisit::Abort() {
    done_ = nullptr;
    resolver_.cancel();
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
    if (wire_) wire_->Close();
}

void PeerVisit::LookUp(const std::string& name, std::uint16_t port) {
    if (const auto address = ParseAddress(name)) return Begin({{*address, port}});
    resolver_.async_resolve(name, std::to_string(port),
                            [self = shared_from_this()](const error_code& error, const auto& all) {
                                if (!self->done_) return;
                                if (error)
                                    return self->End({.why = "no address: " + error.message()});
                                std::vector<tcp::endpoint> endpoints;
                                for (const auto& entry : all) endpoints.push_back(entry.endpoint());
                                self->Begin(std::move(endpoints));
                            });
}

void PeerVisit::Begin(std::vector<tcp::endpoint> endpoints) {
    if (!Proxied() && !means_.options.private_too)
        std::erase_if(endpoints, [](const auto& each) { return !IsPublic(each.address()); });
    if (endpoints.size() > kEndpointsMax) endpoints.resize(kEndpointsMax);
    if (endpoints.empty()) return End({.why = "its address is not public"});
    endpoints_ = std::move(endpoints);
    NextPort();
}

void PeerVisit::NextPort() {
    for (; ports_tried_ < 2; ++ports_tried_) {
        tls_ = ports_tried_ == 0;
        port_ = tls_ ? host_.ssl_port : host_.tcp_port;
        if (port_ != 0) break;
    }
    if (ports_tried_++ == 2) return End({.why = std::move(trouble_)});
    const auto limit = Proxied() ? means_.options.visit_limit_of_proxy : means_.options.visit_limit;
    check_ = std::make_unique<PeerCheck>(means_.terms, means_.chain, host_.name, announcement_,
                                         std::chrono::steady_clock::now() + limit);
    lines_ = LineBuffer(PeerCheck::kLineMax);
    sending_.clear();
    address_.clear();
    Arm();
    Dial(0);
}

void PeerVisit::Dial(std::size_t endpoint) {
    tcp::endpoint to = endpoints_[endpoint];
    if (!Proxied()) to.port(port_);
    error_code error;
    socket_.close(error);
    socket_.open(to.protocol(), error);
    BindToOurs(to);
    socket_.async_connect(to, [self = shared_from_this(), attempt = ports_tried_, endpoint,
                               to](const error_code& failed) {
        if (!self->done_ || self->ports_tried_ != attempt) return;
        if (!failed) return self->OnConnected(to);
        if (endpoint + 1 < self->endpoints_.size()) return self->Dial(endpoint + 1);
        self->check_->Fail((self->Proxied() ? "the proxy: " : "") + failed.message());
        self->OnVerdict();
    });
}

/// Peers look whether a server that tells of itself comes from where its name leads.
void PeerVisit::BindToOurs(const tcp::endpoint& to) {
    if (Proxied()) return;
    const auto& all = means_.options.local_addresses;
    const auto ours = std::ranges::find_if(all, [&](const ip::address& each) {
        return each.is_v4() == to.address().is_v4() &&
               each.is_loopback() == to.address().is_loopback();
    });
    error_code ignored;  // then the system chooses
    if (ours != all.end()) socket_.bind({*ours, 0}, ignored);
}

void PeerVisit::OnConnected(const tcp::endpoint& to) {
    if (!Proxied()) address_ = Unmapped(to.address()).to_string();
    if (auto why = why_not_(address_)) {
        check_->Refuse(std::move(*why));
        return OnVerdict();
    }
    error_code error;
    socket_.native_non_blocking(true, error);
    wire_ = std::make_unique<Wire>(context_, Descriptor(socket_.release(error)), nullptr);
    wire_->SendAtOnce();
    stage_ = Stage::talk;
    if (Proxied()) {
        socks_.emplace(host_.name, port_);
        sending_ = socks_->TakeOutput();
        stage_ = Stage::proxy;
    } else if (tls_) {
        stage_ = Stage::handshake;
    }
    if (stage_ == Stage::handshake && !BeginTls()) check_->Fail("TLS cannot be set up");
    if (stage_ == Stage::talk) check_->OnConnected();
    Go();
}

bool PeerVisit::BeginTls() {
    SslPtr tls(SSL_new(means_.tls.get()));
    if (!tls || SSL_set_fd(tls.get(), wire_->Native()) != 1) return false;
    if (!AddressOf(host_.name))
        SSL_set_tlsext_host_name(tls.get(), host_.name.c_str());  // OpenSSL's macro casts
    wire_->BeginTls(std::move(tls));
    return true;
}

void PeerVisit::Go() {
    while (!check_->Verdict()) {
        const WireResult result = wire_->IsOpen() ? Work() : WireResult{WireState::failed};
        switch (result.state) {
            case WireState::done:
                break;
            case WireState::wait_read:
            case WireState::wait_write:
                return wire_->Wait(result.state, [self = shared_from_this(),
                                                  attempt = ports_tried_](const error_code& error) {
                    if (error || !self->done_ || self->ports_tried_ != attempt) return;
                    self->Go();
                });
            case WireState::ended:
            case WireState::failed:
                Say(result.state);
                break;
        }
    }
    OnVerdict();
}

/// How the connection ended.
void PeerVisit::Say(WireState state) {
    if (!wire_->Error().empty())
        check_->Fail("TLS: " + wire_->Error());
    else
        check_->Fail(state == WireState::ended ? "it closed the connection" : "connection lost");
}

WireResult PeerVisit::Work() {
    const WireResult sent = Send();
    if (sent.state != WireState::done) return sent;
    switch (stage_) {
        case Stage::proxy:
            return TalkToProxy();
        case Stage::handshake: {
            const WireResult result = wire_->Handshake();
            if (result.state == WireState::done) {
                stage_ = Stage::talk;
                check_->OnConnected();
            }
            return result;
        }
        case Stage::talk:
            return Talk();
    }
    std::abort();
}

WireResult PeerVisit::Send() {
    if (stage_ == Stage::talk) sending_ += check_->TakeOutput();
    if (sending_.empty()) return {};
    const WireResult result = wire_->Write(sending_);
    sending_.erase(0, result.size);
    return {result.state};
}

WireResult PeerVisit::TalkToProxy() {
    const std::size_t wanted = std::min(socks_->Wanted(), chunk_.size());
    const WireResult got = wire_->Read({chunk_.data(), wanted});
    if (got.state != WireState::done) return got;
    switch (socks_->Take({chunk_.data(), got.size})) {
        case Socks5::State::working:
            sending_ = socks_->TakeOutput();
            break;
        case Socks5::State::done:
            stage_ = tls_ ? Stage::handshake : Stage::talk;
            if (tls_ && !BeginTls()) check_->Fail("TLS cannot be set up");
            if (!tls_) check_->OnConnected();
            break;
        case Socks5::State::failed:
            check_->Fail(socks_->Why());
            break;
    }
    return {};
}

WireResult PeerVisit::Talk() {
    const WireResult got = wire_->Read(chunk_);
    if (got.state != WireState::done) return got;
    lines_.Feed({chunk_.data(), got.size});
    while (!check_->Verdict()) {
        const LineBuffer::Item item = lines_.Next();
        if (item.event == LineBuffer::Event::none) break;
        if (item.event == LineBuffer::Event::line)
            check_->OnLine(item.line);
        else
            check_->Refuse("it sends a line that is too long");
    }
    lines_.Keep();
    return {};
}

void PeerVisit::Arm() {
    timer_.expires_at(check_->Deadline());
    timer_.async_wait([self = shared_from_this(), attempt = ports_tried_](const error_code& error) {
        if (error || !self->done_ || self->ports_tried_ != attempt) return;
        self->check_->OnTime(std::chrono::steady_clock::now());
        if (self->check_->Verdict()) self->OnVerdict();
    });
}

void PeerVisit::OnVerdict() {
    PeerVerdict verdict = *check_->Verdict();
    error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
    if (wire_) wire_->Close();
    const bool again = verdict.kind == PeerVerdict::Kind::failed;
    if (!again) return End(std::move(verdict));
    trouble_ += (trouble_.empty() ? "" : "; ") + std::string(tls_ ? "ssl " : "tcp ") +
                std::to_string(port_) + ": " + verdict.why;
    NextPort();
}

void PeerVisit::End(PeerVerdict verdict) {
    // Later, so that whoever starts a visit has it in hand before he hears of its end.
    boost::asio::post(context_,
                      [self = shared_from_this(), verdict = std::move(verdict)]() mutable {
                          if (!self->done_) return;
                          std::exchange(self->done_, nullptr)({std::move(verdict), self->address_});
                      });
}

}  // namespace amber::server
