#pragma once
#include <stdexcept>
#include <string>

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

/// The database is broken, unreadable, or has no room. Restarting opens the last committed block.
struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What to say when a write found no room. `detail` names the file.
inline std::string DiskFull(const std::string& detail) {
    return "database: the disk is full (" + detail +
           "); free some space and start again: it goes on from the last block it has written";
}

}  // namespace amber::index::store
