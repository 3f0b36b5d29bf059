#pragma once
#include <stdexcept>

namespace amber::index::store {

/// How far a read may go for its data.
enum class Reach {
    memory,  ///< the block cache and memtables only; a miss throws NotInMemory at once
    disk,    ///< may block
};

/// Thrown by reads with Reach::memory whose data is not there. Not a failure: ask again with
/// Reach::disk on a thread that may wait.
struct NotInMemory : std::exception {
    const char* what() const noexcept override { return "not in memory"; }
};

/// The database is broken or unreadable. Restarting opens the last committed block.
struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace amber::index::store
