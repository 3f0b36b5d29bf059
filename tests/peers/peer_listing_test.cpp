#include "server/peers/peer_listing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "server/protocol/json_document.h"

namespace amber::server {
namespace {

/// Entries that stay where they are.
struct Peers {
    std::vector<std::unique_ptr<PeerEntry>> all;

    void Add(const std::string& name, const std::string& address) {
        all.push_back(std::make_unique<PeerEntry>());
        all.back()->host = {name, 50001, 0};
        all.back()->address = address;
        all.back()->protocol_max = kProtocolMax;
    }
    std::vector<const PeerEntry*> Pointers() const {
        std::vector<const PeerEntry*> pointers;
        for (const auto& each : all) pointers.push_back(each.get());
        return pointers;
    }
};

std::vector<std::string> NamesIn(const std::string& listing) {
    JsonDocument document;
    EXPECT_EQ(document.Parse(listing), JsonFault::none) << listing;
    std::vector<std::string> names;
    const JsonValue& rows = document.Root();
    const JsonValue* row = rows.count > 0 ? document.First(rows) : nullptr;
    for (std::uint32_t i = 0; i < rows.count; ++i, row = document.After(*row)) {
        const auto host = ReadPeerRow(document, *row, {1, 2});
        EXPECT_TRUE(host) << row->raw;
        if (host) names.push_back(host->name);
    }
    return names;
}

std::size_t CountOnions(const std::vector<std::string>& names) {
    return static_cast<std::size_t>(
        std::ranges::count_if(names, [](const std::string& name) { return IsOnion(name); }));
}

std::string Onion(std::size_t i) {
    std::string name(56, 'a');
    name[0] = static_cast<char>('a' + i / 26);
    name[1] = static_cast<char>('a' + i % 26);
    return name + ".onion";
}

TEST(PeerListing, TwoOfEachNetwork) {
    std::mt19937 random(5);
    Peers peers;
    for (int i = 0; i < 20; ++i) {
        peers.Add("a" + std::to_string(i) + ".example", "1.2." + std::to_string(i) + ".1");
        peers.Add("b" + std::to_string(i) + ".example", "1.3." + std::to_string(i) + ".1");
        peers.Add("c" + std::to_string(i) + ".example",
                  "2a01:4f8:1:1" + std::to_string(10 + i) + "::1");
        peers.Add("d" + std::to_string(i) + ".shop.example", "");
    }
    std::set<std::string> seen;
    for (int draw = 0; draw < 200; ++draw) {
        const auto names = NamesIn(MakeListing({}, peers.Pointers(), random).usual);
        for (const char network : {'a', 'b', 'c', 'd'})
            EXPECT_EQ(std::ranges::count(names, network, [](const auto& n) { return n[0]; }), 2);
        seen.insert(names.begin(), names.end());
    }
    EXPECT_EQ(seen.size(), 80U) << "everybody has a turn";
}

TEST(PeerListing, OursComeFirst) {
    std::mt19937 random(5);
    Peers peers;
    peers.Add("a.example", "1.2.3.4");
    EXPECT_EQ(
        NamesIn(MakeListing({{"we.example", 1, 0}, {"us.example", 2, 0}}, peers.Pointers(), random)
                    .usual),
        (std::vector<std::string>{"we.example", "us.example", "a.example"}));
    EXPECT_EQ(MakeListing({}, {}, random).usual, "[]");
}

TEST(PeerListing, AShareOfOnions) {
    for (const auto& [others, usual] :
         std::vector<std::pair<int, std::size_t>>{{0, 10}, {40, 10}, {100, 25}, {300, 60}}) {
        std::mt19937 random(5);
        Peers peers;
        for (std::size_t i = 0; i < 60; ++i) peers.Add(Onion(i), "");
        for (int i = 0; i < others; ++i)
            peers.Add("h" + std::to_string(i) + ".example",
                      std::to_string(1 + i / 200) + '.' + std::to_string(i % 200) + ".1.1");
        const PeerListing listing = MakeListing({}, peers.Pointers(), random);
        EXPECT_EQ(CountOnions(NamesIn(listing.usual)), usual) << others;
        EXPECT_EQ(CountOnions(NamesIn(listing.through_tor)), 50U);
        EXPECT_EQ(NamesIn(listing.usual).size(), usual + static_cast<std::size_t>(others));
    }
}

}  // namespace
}  // namespace amber::server
