#include "daemon_client/p2p/header_chain.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "index/chain/target_rule.h"

namespace amber::daemon_client {

using index::BlockHash;
using index::Height;
using index::Work;

namespace {

constexpr std::size_t kFirstPlaces = 1024;
/// Of a locator: so many one by one before the steps double.
constexpr std::size_t kDenseLocator = 10;

std::string At(std::uint32_t height) { return " at height " + std::to_string(height); }

}  // namespace

void throw_exception_from_error(const BadHeader& bad, const boost::source_location&) {
    throw std::runtime_error(bad.why);
}

HeaderChain::HeaderChain(const index::Coin& coin, std::size_t beside_max)
    : coin_(coin), beside_max_(beside_max), table_(kFirstPlaces, kNone) {
    const index::TargetRule& rule = coin.target_rule;
    chosen_.push_back(Insert({.hash = coin.genesis,
                              .work = index::WorkOf(rule.easiest),
                              .parent = 0,
                              .height = 0,
                              .target_bits = rule.easiest,
                              .time = rule.genesis_time}));
}

boost::system::result<BlockHash, BadHeader> HeaderChain::Add(
    std::span<const index::Bytes> headers) {
    std::uint32_t last = kNone;
    for (const index::Bytes& header : headers) {
        if (coin_.codec->HeaderSize(header) != header.size())
            return BadHeader{"a header of " + std::to_string(header.size()) + " bytes"};
        if (last != kNone && coin_.codec->PreviousHash(header) != nodes_[last].hash)
            return BadHeader{"headers that do not follow each other, after " +
                             ToDisplayHex(nodes_[last].hash)};
        const auto added = AddOne(header);
        if (added.has_error()) return added.error();
        last = *added;
    }
    if (last == kNone) return BadHeader{"no header"};
    return nodes_[last].hash;
}

boost::system::result<std::uint32_t, BadHeader> HeaderChain::AddOne(index::ByteView header) {
    const index::Codec& codec = *coin_.codec;
    const BlockHash hash = codec.HashHeader(header);
    if (const std::uint32_t known = Find(hash); known != kNone) return known;
    const BlockHash previous = codec.PreviousHash(header);
    const std::uint32_t parent = Find(previous);
    if (parent == kNone)
        return BadHeader{"header " + ToDisplayHex(hash) + " follows the unknown " +
                         ToDisplayHex(previous)};
    Node node{.hash = hash,
              .work = 0,
              .parent = parent,
              .height = nodes_[parent].height + 1,
              .target_bits = codec.TargetBits(header),
              .time = codec.Time(header)};
    const std::string place = ToDisplayHex(hash) + At(node.height);
    if (node.target_bits != RequiredTarget(parent, node.time))
        return BadHeader{"header " + place + " claims a target that the rules do not allow"};
    if (!codec.HasProofOfWork(header))
        return BadHeader{"header " + place + " does not meet the target it claims"};
    node.work = nodes_[parent].work + index::WorkOf(node.target_bits);
    return Insert(node);
}

std::uint32_t HeaderChain::RequiredTarget(std::uint32_t parent, std::uint32_t time) const {
    const index::TargetRule& rule = coin_.target_rule;
    const Node& last = nodes_[parent];
    if ((last.height + 1) % index::kTargetPeriod == 0) {
        const Node& first = nodes_[AncestorAt(parent, last.height + 1 - index::kTargetPeriod)];
        const bool from_first = rule.change == index::TargetRule::Change::each_period_from_first;
        return index::NextTarget(rule, from_first ? first.target_bits : last.target_bits,
                                 first.time, last.time);
    }
    if (rule.late_seconds == 0) return last.target_bits;
    if (std::int64_t{time} - std::int64_t{last.time} > rule.late_seconds) return rule.easiest;
    // The target of the period: that of the last block which was not late.
    const Node* normal = &last;
    while (normal->height % index::kTargetPeriod != 0 && normal->target_bits == rule.easiest)
        normal = &nodes_[normal->parent];
    return normal->target_bits;
}

bool HeaderChain::IsChosen(std::uint32_t node) const {
    const std::uint32_t height = nodes_[node].height;
    return height < chosen_.size() && chosen_[height] == node;
}

std::uint32_t HeaderChain::AncestorAt(std::uint32_t node, std::uint32_t height) const {
    while (nodes_[node].height > height) {
        if (IsChosen(node)) return chosen_[height];
        node = nodes_[node].parent;
    }
    return node;
}

Work HeaderChain::WorkOf(const BlockHash& hash) const {
    const std::uint32_t node = Find(hash);
    return node == kNone ? 0 : nodes_[node].work;
}

std::optional<Height> HeaderChain::HeightOf(const BlockHash& hash) const {
    const std::uint32_t node = Find(hash);
    if (node == kNone) return std::nullopt;
    return Height{nodes_[node].height};
}

std::optional<BlockHash> HeaderChain::HashAt(Height height) const {
    if (height.value >= chosen_.size()) return std::nullopt;
    return nodes_[chosen_[height.value]].hash;
}

void HeaderChain::Choose(const BlockHash& tip) {
    std::uint32_t node = Find(tip);
    if (node == kNone) std::abort();
    chosen_.resize(nodes_[node].height + 1, kNone);
    for (; chosen_[nodes_[node].height] != node; node = nodes_[node].parent)
        chosen_[nodes_[node].height] = node;
}

std::optional<Height> HeaderChain::ForkWith(const BlockHash& hash) const {
    std::uint32_t node = Find(hash);
    if (node == kNone) return std::nullopt;
    while (!IsChosen(node)) node = nodes_[node].parent;
    return Height{nodes_[node].height};
}

std::vector<BlockHash> HeaderChain::Locator(const BlockHash& from) const {
    std::uint32_t node = Find(from);
    if (node == kNone) std::abort();
    std::vector<BlockHash> locator;
    for (std::uint32_t step = 1; node != 0;) {
        locator.push_back(nodes_[node].hash);
        if (locator.size() >= kDenseLocator) step *= 2;
        node = AncestorAt(node, nodes_[node].height - std::min(nodes_[node].height, step));
    }
    locator.push_back(nodes_.front().hash);
    return locator;
}

BlockHash HeaderChain::Before(const BlockHash& hash) const {
    const std::uint32_t node = Find(hash);
    if (node == kNone) std::abort();
    return nodes_[nodes_[node].parent].hash;
}

void HeaderChain::TrimBranches() {
    if (nodes_.size() - chosen_.size() <= beside_max_) return;
    std::vector<Node> kept;
    kept.reserve(chosen_.size());
    for (std::uint32_t height = 0; height < chosen_.size(); ++height) {
        kept.push_back(nodes_[chosen_[height]]);
        kept.back().parent = height == 0 ? 0 : height - 1;
        chosen_[height] = height;
    }
    nodes_ = std::move(kept);
    Rehash(table_.size());
}

// The table by hash

std::uint32_t HeaderChain::Find(const BlockHash& hash) const {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t place = std::hash<BlockHash>{}(hash)&mask;; place = (place + 1) & mask) {
        const std::uint32_t node = table_[place];
        if (node == kNone || nodes_[node].hash == hash) return node;
    }
}

void HeaderChain::Register(std::uint32_t number) {
    const std::size_t mask = table_.size() - 1;
    std::size_t place = std::hash<BlockHash>{}(nodes_[number].hash) & mask;
    while (table_[place] != kNone) place = (place + 1) & mask;
    table_[place] = number;
}

std::uint32_t HeaderChain::Insert(Node node) {
    if ((nodes_.size() + 1) * 4 > table_.size() * 3) Rehash(table_.size() * 2);
    const auto number = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back(node);
    Register(number);
    return number;
}

void HeaderChain::Rehash(std::size_t places) {
    table_.assign(places, kNone);
    for (std::uint32_t number = 0; number < nodes_.size(); ++number) Register(number);
}

}  // namespace amber::daemon_client
