#include "server/peers/peer_offers.h"

#include <algorithm>

#include "server/wire/parse_address.h"

namespace amber::server {

using boost::asio::ip::address;

void PeerOffers::Decide(const std::string& name, const address& caller, Done done) {
    if (IsOnion(name)) return done(rules_.onions && !IsPublic(caller) && Pass(name));
    if (const auto own = AddressOf(name)) return done(*own == Unmapped(caller) && Pass(name));
    if (!rules_.lookups || lookups_ >= kLookupsMax) return done(false);
    LookUp(name, caller, std::move(done));
}

void PeerOffers::LookUp(const std::string& name, const address& caller, Done done) {
    ++lookups_;
    const auto resolver = std::make_shared<Resolver>(context_);
    resolver->async_resolve(
        name, "",
        [this, resolver, name, caller = Unmapped(caller), done = std::move(done)](
            const boost::system::error_code& error, const auto& found) {
            --lookups_;
            if (stopped_) return;
            const auto is_caller = [&](const auto& entry) {
                return Unmapped(entry.endpoint().address()) == caller;
            };
            done(!error && std::ranges::any_of(found, is_caller) && Pass(name));
        });
}

bool PeerOffers::Pass(const std::string& name) {
    return gate_.Pass(name, std::chrono::steady_clock::now());
}

void PeerOffers::Stop() { stopped_ = true; }

}  // namespace amber::server
