#include "daemon_client/p2p/peer_handle.h"

#include "daemon_client/p2p/payload.h"

namespace amber::daemon_client {

void PeerHandle::GetHeaders(std::vector<index::BlockHash> locator,
                            Callback<std::vector<index::Bytes>> done) {
    if (locator.size() > kLocatorMax) return done(Overloaded());
    Post(MakeHeadersExchange(coin_, std::move(locator), std::move(done)));
}

void PeerHandle::GetBlocks(std::vector<index::BlockHash> hashes, Callback<Blocks> done) {
    if (hashes.size() > kInventoryMax) return done(Overloaded());
    Post(MakeBlocksExchange(hashes, std::move(done)));
}

void PeerHandle::Drop(PeerError why) {
    std::lock_guard lock(mutex_);
    if (gone_ || mail_.drop) return;
    mail_.drop = std::move(why);
    wake_();
}

PeerHandle::Mail PeerHandle::TakeMail() {
    std::lock_guard lock(mutex_);
    return std::exchange(mail_, {});
}

std::vector<std::unique_ptr<Exchange>> PeerHandle::Close(const PeerError& error) {
    std::lock_guard lock(mutex_);
    gone_ = error;
    wake_ = nullptr;
    for (const auto& request : mail_.requests) request->Fail(error);
    return std::exchange(mail_, {}).requests;
}

void PeerHandle::Post(std::unique_ptr<Exchange> request) {
    {
        std::lock_guard lock(mutex_);
        if (!gone_ && mail_.requests.size() < kMailMax) {
            mail_.requests.push_back(std::move(request));
            if (mail_.requests.size() == 1) wake_();
            return;
        }
        request->Fail(gone_ ? *gone_ : Overloaded());
    }
    request->Deliver();
}

PeerError PeerHandle::Overloaded() const {
    return {PeerError::Kind::overloaded,
            "peer " + facts_.label + ": too much is asked of it at a time"};
}

}  // namespace amber::daemon_client
