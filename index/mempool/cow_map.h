#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "index/sole_owner.h"

namespace amber::index {

/// A map whose copies are cheap and independent: copies share what neither has changed.
/// Two levels of 256 nodes over small unsorted leaves; an edit clones the nodes on its path
/// unless it alone owns them. Meant for up to a few million entries with uniform hashes.
/// Thread: a copy may be read by many threads while another copy is edited by one.
template <class Key, class Value, class Hash = std::hash<Key>>
class CowMap {
public:
    [[nodiscard]] const Value* Find(const Key& key) const {
        const std::size_t hash = Hash{}(key);
        const Branch* branch = root_[hash & 0xff].get();
        if (!branch) return nullptr;
        const Leaf* leaf = branch->leaves[(hash >> 8) & 0xff].get();
        if (!leaf) return nullptr;
        for (const auto& [k, v] : *leaf)
            if (k == key) return &v;
        return nullptr;
    }

    /// The value of `key`, made if absent, for editing before this map is copied again.
    Value& Edit(const Key& key) {
        Leaf& leaf = OwnLeaf(Hash{}(key));
        for (auto& [k, v] : leaf)
            if (k == key) return v;
        ++size_;
        return leaf.emplace_back(key, Value{}).second;
    }

    bool Erase(const Key& key) {
        if (!Find(key)) return false;
        const std::size_t hash = Hash{}(key);
        Leaf& leaf = OwnLeaf(hash);
        for (auto& entry : leaf) {
            if (entry.first != key) continue;
            if (&entry != &leaf.back()) entry = std::move(leaf.back());
            leaf.pop_back();
            --size_;
            break;
        }
        if (leaf.empty()) root_[hash & 0xff]->leaves[(hash >> 8) & 0xff] = nullptr;
        return true;
    }

    template <class Visit>
    void ForEach(Visit&& visit) const {
        for (const auto& branch : root_) {
            if (!branch) continue;
            for (const auto& leaf : branch->leaves) {
                if (!leaf) continue;
                for (const auto& [key, value] : *leaf) visit(key, value);
            }
        }
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

private:
    using Leaf = std::vector<std::pair<Key, Value>>;
    struct Branch {
        std::array<std::shared_ptr<Leaf>, 256> leaves;
    };

    Leaf& OwnLeaf(std::size_t hash) {
        auto& branch = root_[hash & 0xff];
        if (!branch)
            branch = std::make_shared<Branch>();
        else if (!IsSoleOwner(branch))
            branch = std::make_shared<Branch>(*branch);
        auto& leaf = branch->leaves[(hash >> 8) & 0xff];
        if (!leaf)
            leaf = std::make_shared<Leaf>();
        else if (!IsSoleOwner(leaf))
            leaf = std::make_shared<Leaf>(*leaf);
        return *leaf;
    }

    std::array<std::shared_ptr<Branch>, 256> root_;
    std::size_t size_ = 0;
};

}  // namespace amber::index
