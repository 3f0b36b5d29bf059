#include "server/entrance/door.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string>

#include "server/wire/thread_name.h"

namespace amber::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPollCertificate{2000};

}  // namespace

Door::Door(unsigned number, std::size_t most, const ServerOptions& options,
           CertificateKeeper* keeper, Deliver deliver)
    : number_(number),
      most_(most),
      options_(options),
      keeper_(keeper),
      deliver_(std::move(deliver)),
      work_(context_.get_executor()) {}

Door::~Door() { Stop(); }

void Door::Start() {
    thread_ = std::thread([this] { Run(); });
}

void Door::Run() {
    NameThisThread("door-" + std::to_string(number_));
    ArmTimer();
    while (!context_.stopped()) {
        try {
            context_.run();
        } catch (const std::exception& error) {
            spdlog::error("entrance {}: {}", number_, error.what());
        }
    }
}

void Door::Stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(context_, [this] {
        while (!entries_.empty()) CloseOldest();
        context_.stop();
    });
    thread_.join();
}

void Door::Enter(Accepted accepted, TransportKind kind) {
    boost::asio::post(context_, [this, kind, accepted = std::move(accepted)]() mutable {
        Open(std::move(accepted), kind);
    });
}

void Door::Open(Accepted accepted, TransportKind kind) {
    Opening::Plan plan{.kind = kind, .trusted = IsTrusted(accepted, options_.proxies), .tls = {}};
    if (HasTls(kind)) plan.tls = MakeTls(accepted.descriptor);
    if (HasTls(kind) && !plan.tls) return;
    if (entries_.size() >= most_) CloseOldest();
    const auto entry = entries_.insert(entries_.end(), {nullptr, steady_clock::now()});
    const auto opening =
        std::make_shared<Opening>(context_, std::move(accepted), std::move(plan), options_.proxies,
                                  [this, entry](std::optional<Arrival> arrival) {
                                      entries_.erase(entry);
                                      if (arrival) deliver_(std::move(*arrival));
                                  });
    entry->opening = opening;
    opening->Start();
}

SslPtr Door::MakeTls(const Descriptor& descriptor) const {
    SslPtr tls(SSL_new(keeper_->Context().get()));
    if (tls && SSL_set_fd(tls.get(), descriptor.Get()) == 1) return tls;
    spdlog::error("cannot begin TLS: {}", OpenSslError());
    return nullptr;
}

void Door::CloseOldest() {
    const auto oldest = std::move(entries_.front().opening);
    entries_.pop_front();
    oldest->Abort();
}

// Housekeeping

void Door::ArmTimer() {
    timer_.expires_after(std::clamp<milliseconds>(options_.handshake_timeout / 8, milliseconds(20),
                                                  milliseconds(500)));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        Tick();
        ArmTimer();
    });
}

void Door::Tick() {
    const auto now = steady_clock::now();
    while (!entries_.empty() && now - entries_.front().since > options_.handshake_timeout)
        CloseOldest();
    // One door is enough to look at the files.
    if (number_ != 0 || !keeper_ || now - polled_ < kPollCertificate) return;
    polled_ = now;
    keeper_->Poll(now);
}

}  // namespace amber::server
