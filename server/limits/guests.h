#pragma once
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/limits/ban_list.h"
#include "server/limits/bound_hits.h"
#include "server/limits/cost_account.h"
#include "server/server_options.h"
#include "server/wire/subnet.h"

namespace amber::server {

class Guests;

/// Addresses that are let off, slowed and closed together.
struct GuestGroup {
    CostAccount cost;
    std::atomic<std::size_t> connections{0};
};

/// One client, as far as addresses tell. Changed under the lock of Guests, but for `subscriptions`.
struct GuestHost {
    GuestHost(const Subnet& of, const Subnet& in, GuestGroup& group_of)
        : name(of), group_name(in), group(group_of) {}

    const Subnet name, group_name;
    GuestGroup& group;
    std::size_t connections = 0;
    std::atomic<std::size_t> subscriptions{0};
};

/// What becomes of a session for what it and its group have cost.
struct Standing {
    double slowness = 0;   ///< 0: none, to 1: as slow as can be
    bool is_over = false;  ///< to be closed
};

/// One connection as the bounds for addresses count it, from its first byte to its end. Who is
/// exempt is counted nowhere.
/// Thread: one at a time. Borrows Guests, which outlives it.
class Guest {
public:
    using Clock = CostAccount::Clock;

    ~Guest();
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;

    [[nodiscard]] bool IsExempt() const { return host_ == nullptr; }
    [[nodiscard]] bool IsIn(const Subnet& subnet) const {
        return address_ && subnet.Contains(*address_);
    }
    /// By now: it may have been welcome.
    [[nodiscard]] bool IsBanned() const;
    /// "203.0.113.0/24"; empty if exempt.
    [[nodiscard]] std::string GroupName() const;

    /// Adds to what it and its group have cost.
    Standing Charge(double units, Clock::time_point now);
    /// Of this connection alone.
    [[nodiscard]] double Cost(Clock::time_point now) const;

    /// One more subscription; false if its address has as many as are allowed.
    bool Watch();
    void Unwatch(std::size_t count);

private:
    friend class Guests;
    Guest(Guests& guests, std::optional<boost::asio::ip::address> address, GuestHost* host)
        : guests_(guests), address_(std::move(address)), host_(host) {}

    Guests& guests_;
    const std::optional<boost::asio::ip::address> address_;  ///< none on a unix socket
    GuestHost* const host_;                                  ///< null if exempt
    CostAccount own_;
    std::size_t subscriptions_ = 0;
};
using GuestPtr = std::unique_ptr<Guest>;

/// What is known of a group of addresses.
struct GroupInfo {
    std::string name;
    std::size_t connections = 0;  ///< sessions, and those not so far yet
    double cost = 0;
};

/// All connections by address, and what their groups have cost. A group is an IPv4 /24 or an IPv6
/// /48; it keeps what its sessions have cost when they are gone, until that is forgiven. An address
/// is an IPv4 address or an IPv6 /64. A circuit of Tor, as it names itself in PROXY headers, is
/// both.
/// Bound: a host and a group for each connection, and groups that have none: at one and a half
/// times kMostKept of these, the half that has cost less is forgotten.
///
/// Thread-safe; locked when connections come and go, not for requests. Borrows all it is made with;
/// limits may change under way.
class Guests {
public:
    static constexpr std::size_t kMostKept = 50'000;

    Guests(const Limits& limits, std::vector<Subnet> exempt, const BanList& bans, BoundHits& hits)
        : limits_(limits), bans_(bans), hits_(hits), exempt_(std::move(exempt)) {}

    /// A connection from there, which has cost `units` already; no address: a unix socket. Null,
    /// and counted, if it is not welcome.
    [[nodiscard]] GuestPtr Enter(const std::optional<boost::asio::ip::address>& address,
                                 double units);
    /// Who comes from there from now on is exempt, and nobody else. A connection stays what it was
    /// when it came.
    void SetExempt(std::vector<Subnet> subnets);
    /// Those with connections or cost, the costliest first.
    [[nodiscard]] std::vector<GroupInfo> Groups() const;

    /// As the operator has them now.
    [[nodiscard]] CostRules Rules() const;

private:
    friend class Guest;
    GuestPtr Welcome(const boost::asio::ip::address& address, double units);
    void Leave(GuestHost& host);
    void Sweep(Guest::Clock::time_point now);

    [[nodiscard]] bool IsExempt(const boost::asio::ip::address& address) const;

    const Limits& limits_;
    const BanList& bans_;
    BoundHits& hits_;
    mutable std::mutex mutex_;  ///< guards the rest, and who is in the two maps
    std::vector<Subnet> exempt_;
    std::map<Subnet, GuestGroup> groups_;
    std::map<Subnet, GuestHost> hosts_;
    std::size_t sweep_at_ = 1000;  ///< groups
};

}  // namespace amber::server
