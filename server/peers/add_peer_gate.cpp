#include "server/peers/add_peer_gate.h"

namespace amber::server {

bool AddPeerGate::Pass(const std::string& name, Time now) {
    if (IsOnion(name)) return PassOnion(now);
    const auto address = AddressOf(name);
    const std::string owner = address ? NetworkOf(*address, 24, 48) : std::string(DomainOf(name));
    const auto last = recent_.find(owner);
    if (last != recent_.end() && now < last->second + kPause) return false;
    if (recent_.size() >= kRecentMax)
        std::erase_if(recent_, [&](const auto& each) { return now >= each.second + kPause; });
    if (recent_.size() >= kRecentMax) return false;
    recent_[owner] = now;
    return true;
}

bool AddPeerGate::PassOnion(Time now) {
    if (now < next_onion_) return false;
    std::uniform_int_distribution<std::chrono::seconds::rep> pause(0, kOnionPause.count());
    next_onion_ = now + std::chrono::seconds(pause(random_));
    return true;
}

}  // namespace amber::server
