#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

#include "index/store/table.h"

namespace amber::index::store {

class Store;

/// Changes to any tables that become visible and durable together. One thread; it may be written
/// while a snapshot with it is read (Store::TakeSnapshotWith).
class Batch {
public:
    explicit Batch(const Store& store);
    ~Batch();
    Batch(Batch&&) noexcept;
    Batch& operator=(Batch&&) noexcept;

    void Put(Table table, std::string_view key, std::string_view value);
    void Delete(Table table, std::string_view key);

private:
    friend class Store;
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace amber::index::store
