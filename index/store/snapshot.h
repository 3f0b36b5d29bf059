#pragma once
#include <memory>

namespace amber::index::store {

/// A moment of the database that stays readable while it changes, with or without a batch that is
/// still being written. Cheap to copy; thread-safe.
/// Must not outlive its Store.
class Snapshot {
public:
    Snapshot() = default;

private:
    friend class Store;
    friend class Reader;
    struct State;
    std::shared_ptr<const State> state_;
};

}  // namespace amber::index::store
