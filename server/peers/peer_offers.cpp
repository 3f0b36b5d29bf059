#include "server/peers/peer_offers.h"

#include <algorithm>

#include "server/wire/parse_address.h"

namespace amber::server {

using boost::asio::ip::address;

void PeerOffers::Decide(const std::string& name, const address& caller, Done done) {
    if (!gate_.Pass(name, std::chrono::steady_clock::now())) return done(false);
    if (IsOnion(name)) return done(rules_.onions && !IsPublic(caller));
    if (const auto own = AddressOf(name)) return done(*own == Unmapped(caller));
    if (!rules_.lookups || lookups_ >= kLookupsMax) return done(false);
    LookUp(name, caller, std::move(done));
}

void PeerOffers::LookUp(const std::string& name, const address& caller, Done done) {
    ++lookups_;
    const auto resolver = std::make_shared<Resolver>(context_);
    resolver->async_resolve(name, "",
                            [this, resolver, caller = Unmapped(caller), done = std::move(done)](
                                const boost::system::error_code& error, const auto& found) {
                                --lookups_;
                                if (stopped_) return;
                                done(!error && std::ranges::any_of(found, [&](const auto& entry) {
                                    return Unmapped(entry.endpoint().address()) == caller;
                                }));
                            });
}

void PeerOffers::Stop() { stopped_ = true; }

}  // namespace amber::server
