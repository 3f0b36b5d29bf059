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

Door::Door(unsigned number, std::size_t doors, const ServerOptions& options,
           CertificateKeeper* keeper, BoundHits& hits, Welcome welcome, Deliver deliver)
    : number_(number),
      doors_(doors),
      options_(options),
      keeper_(keeper),
      hits_(hits),
      welcome_(std::move(welcome)),
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
        while (!silent_.empty()) CloseOldest(silent_);
        while (!begun_.empty()) CloseOldest(begun_);
        context_.stop();
    });
    thread_.join();
}

void Door::Enter(Accepted accepted, TransportKind kind) {
    if (context_.get_executor().running_in_this_thread()) return Open(std::move(accepted), kind);
    if (waiting_.fetch_add(1) >= Most()) {
        --waiting_;
        hits_.Count(Bound::max_handshakes);
        return;
    }
    boost::asio::post(context_, [this, kind, accepted = std::move(accepted)]() mutable {
        --waiting_;
        Open(std::move(accepted), kind);
    });
}

void Door::Open(Accepted accepted, TransportKind kind) {
    while (silent_.size() + begun_.size() >= Most()) MakeRoom();
    const auto entry = silent_.insert(silent_.end(), {.opening = {}, .since = steady_clock::now()});
    Opening::Plan plan{
        .kind = kind,
        .trusted = IsTrusted(accepted, options_.proxies),
        .begin_tls = [this, entry](int descriptor) { return BeginTls(entry, descriptor); },
        .welcome = welcome_};
    const auto opening =
        std::make_shared<Opening>(context_, std::move(accepted), std::move(plan), options_.proxies,
                                  [this, entry](std::optional<Arrival> arrival) {
                                      ListOf(*entry).erase(entry);
                                      if (arrival) deliver_(std::move(*arrival));
                                  });
    entry->opening = opening;
    opening->Start();
}

SslPtr Door::BeginTls(Entries::iterator entry, int descriptor) {
    begun_.splice(begun_.end(), silent_, entry);
    entry->has_begun = true;
    SslPtr tls(SSL_new(keeper_->Context().get()));
    if (tls && SSL_set_fd(tls.get(), descriptor) == 1) return tls;
    spdlog::error("cannot begin TLS: {}", OpenSslError());
    return nullptr;
}

std::size_t Door::Most() const {
    return std::max<std::size_t>(1, options_.max_handshakes / doors_);
}

void Door::MakeRoom() {
    hits_.Count(Bound::max_handshakes);
    CloseOldest(silent_.empty() ? begun_ : silent_);
}

void Door::CloseOldest(Entries& entries) {
    const auto oldest = std::move(entries.front().opening);
    entries.pop_front();
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
    for (Entries* entries : {&silent_, &begun_})
        while (!entries->empty() && now - entries->front().since > options_.handshake_timeout)
            CloseOldest(*entries);
    // One door is enough to look at the files.
    if (number_ != 0 || !keeper_ || now - polled_ < kPollCertificate) return;
    polled_ = now;
    keeper_->Poll(now);
}

}  // namespace amber::server
