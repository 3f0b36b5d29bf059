#include "server/limits/guests.h"

#include <algorithm>

#include "server/wire/parse_address.h"
#include "server/wire/tor_circuits.h"

namespace amber::server {
namespace {

namespace ip = boost::asio::ip;

Subnet HostOf(const ip::address& address) {
    const bool is_v6 = Unmapped(address).is_v6();
    return Subnet::Of(address, is_v6 && !kTorCircuits.Contains(address) ? 64 : 128);
}

Subnet GroupOf(const ip::address& address) {
    if (!Unmapped(address).is_v6()) return Subnet::Of(address, 96 + 24);
    return Subnet::Of(address, kTorCircuits.Contains(address) ? 128 : 48);
}

/// Nobody of a group is let off any more at this many times the hard limit.
constexpr double kNoExcuse = 2;

}  // namespace

// Guest

Guest::~Guest() {
    if (!host_) return;
    host_->subscriptions -= subscriptions_;
    guests_.Leave(*host_);
}

bool Guest::IsBanned() const { return address_ && guests_.bans_.Contains(*address_); }

std::string Guest::GroupName() const { return host_ ? host_->group_name.Text() : std::string(); }

Standing Guest::Charge(double units, Clock::time_point now) {
    const CostRules rules = guests_.Rules();
    if (!host_ || !rules.AreOn()) return {};
    GuestGroup& group = host_->group;
    own_.Charge(units, now);
    group.cost.Charge(units, now);
    const double all = group.cost.Cost(now);
    Standing standing{.slowness = rules.Slowness(all)};
    if (all < rules.hard) return standing;
    // Who has used much less than his share is only slowed: others are to blame.
    const double share = all / static_cast<double>(std::max<std::size_t>(1, group.connections));
    standing.is_over = all >= kNoExcuse * rules.hard || 2 * own_.Cost(now) >= share;
    return standing;
}

double Guest::Cost(Clock::time_point now) const { return own_.Cost(now); }

bool Guest::Watch() {
    if (!host_) return true;
    if (host_->subscriptions.fetch_add(1) >= guests_.limits_.max_subscriptions_per_ip) {
        --host_->subscriptions;
        return false;
    }
    ++subscriptions_;
    return true;
}

void Guest::Unwatch(std::size_t count) {
    if (!host_) return;
    host_->subscriptions -= count;
    subscriptions_ -= count;
}

// Guests

CostRules Guests::Rules() const {
    return {.soft = static_cast<double>(limits_.cost_soft_limit),
            .hard = static_cast<double>(limits_.cost_hard_limit)};
}

GuestPtr Guests::Enter(const std::optional<ip::address>& address, double units) {
    if (address && bans_.Contains(*address)) {
        hits_.Count(Bound::ban);
        return nullptr;
    }
    if (!address || IsExempt(*address)) return GuestPtr(new Guest(*this, address, nullptr));
    return Welcome(*address, units);
}

bool Guests::IsExempt(const ip::address& address) const {
    const std::lock_guard lock(mutex_);
    return AnyContains(exempt_, address);
}

void Guests::SetExempt(std::vector<Subnet> subnets) {
    const std::lock_guard lock(mutex_);
    exempt_ = std::move(subnets);
}

GuestPtr Guests::Welcome(const ip::address& address, double units) {
    const CostRules rules = Rules();
    const auto now = Guest::Clock::now();
    const Subnet group_name = GroupOf(address), host_name = HostOf(address);
    const std::lock_guard lock(mutex_);
    if (groups_.size() >= sweep_at_) Sweep(now);
    GuestGroup& group = groups_[group_name];
    if (rules.AreOn()) {
        // What is turned away costs next to nothing, and may be forgiven in time.
        if (group.cost.Cost(now) >= kNoExcuse * rules.hard) {
            hits_.Count(Bound::cost_hard_limit);
            return nullptr;
        }
        group.cost.Charge(units, now);
    }
    const auto place = hosts_.try_emplace(host_name, host_name, group_name, group).first;
    GuestHost& host = place->second;
    if (host.connections >= limits_.max_sessions_per_ip) {
        hits_.Count(Bound::max_sessions_per_ip);
        if (host.connections == 0) hosts_.erase(place);
        return nullptr;
    }
    ++host.connections;
    ++group.connections;
    GuestPtr guest(new Guest(*this, address, &host));
    if (rules.AreOn()) guest->own_.Charge(units, now);
    return guest;
}

void Guests::Leave(GuestHost& host) {
    const std::lock_guard lock(mutex_);
    --host.group.connections;
    if (--host.connections == 0) hosts_.erase(Subnet(host.name));
}

void Guests::Sweep(Guest::Clock::time_point now) {
    const auto cost = [&](const GuestGroup& group) { return group.cost.Cost(now); };
    std::vector<double> kept;
    std::erase_if(groups_, [&](const auto& entry) {
        if (entry.second.connections > 0) return false;
        kept.push_back(cost(entry.second));
        return kept.back() <= 0;
    });
    std::erase_if(kept, [](double units) { return units <= 0; });
    if (kept.size() > kMostKept) {
        const auto middle = kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2);
        std::ranges::nth_element(kept, middle);
        std::erase_if(groups_, [&, least = *middle](const auto& entry) {
            return entry.second.connections == 0 && cost(entry.second) < least;
        });
    }
    sweep_at_ =
        std::max<std::size_t>(1000, std::min(2 * groups_.size(), groups_.size() + kMostKept / 2));
}

std::vector<GroupInfo> Guests::Groups() const {
    const auto now = Guest::Clock::now();
    std::vector<GroupInfo> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, group] : groups_) {
            const double cost = group.cost.Cost(now);
            if (cost > 0 || group.connections > 0)
                all.push_back({name.Text(), group.connections, cost});
        }
    }
    std::ranges::stable_sort(all, std::greater(), &GroupInfo::cost);
    return all;
}

}  // namespace amber::server
