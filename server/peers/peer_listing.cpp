#include "server/peers/peer_listing.h"

#include <algorithm>
#include <map>

namespace amber::server {
namespace {

constexpr std::size_t kPerNetwork = 2;
constexpr std::size_t kOnions = 10, kOnionsOfTor = 50;

std::string PlaceOf(const PeerEntry& entry) {
    auto address = AddressOf(entry.address);
    if (!address) address = AddressOf(entry.host.name);
    return address ? NetworkOf(*address, 16, 56) : std::string(DomainOf(entry.host.name));
}

std::string RowOf(const PeerEntry& entry) {
    const std::string& address = entry.address.empty() ? entry.host.name : entry.address;
    return PeerRow(address, entry.host, entry.protocol_max);
}

std::string Joined(const std::vector<std::string>& rows) {
    std::string text = "[";
    for (const std::string& row : rows) {
        if (text.size() > 1) text += ',';
        text += row;
    }
    return text + ']';
}

std::string WithOnions(std::vector<std::string> rows, const std::vector<std::string>& onions,
                       std::size_t most) {
    rows.insert(rows.end(), onions.begin(),
                onions.begin() + static_cast<std::ptrdiff_t>(std::min(most, onions.size())));
    return Joined(rows);
}

}  // namespace

PeerListing MakeListing(const std::vector<PeerHost>& ours, std::vector<const PeerEntry*> good,
                        std::mt19937& random) {
    std::ranges::shuffle(good, random);
    std::vector<std::string> rows, onions;
    for (const PeerHost& host : ours) rows.push_back(PeerRow(host.name, host, kProtocolMax));
    std::map<std::string, std::size_t> listed;
    std::size_t others = 0;
    for (const PeerEntry* entry : good) {
        if (IsOnion(entry->host.name)) {
            onions.push_back(RowOf(*entry));
        } else if (++listed[PlaceOf(*entry)] <= kPerNetwork) {
            rows.push_back(RowOf(*entry));
            ++others;
        }
    }
    return {.usual = WithOnions(rows, onions, std::max(kOnions, others / 4)),
            .through_tor = WithOnions(rows, onions, kOnionsOfTor)};
}

}  // namespace amber::server
