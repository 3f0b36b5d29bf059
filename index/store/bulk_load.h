#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "index/store/row_sink.h"
#include "index/store/table.h"

namespace amber::index::store {

class Store;

/// Many rows written as sorted files beside the database and taken in all at once: about ten times
/// cheaper per row than a Batch. Nothing is visible before Commit(); files of an abandoned load are
/// deleted by the destructor, or at the next open after a crash.
class BulkLoad {
public:
    explicit BulkLoad(Store& store);
    ~BulkLoad();
    BulkLoad(const BulkLoad&) = delete;

    /// A new sink for rows of one table; the ranges of keys of two sinks must not overlap. It lives
    /// as long as the load. Thread-safe; each sink is for one thread.
    [[nodiscard]] RowSink& Into(Table table);

    /// Atomic over all tables and durable when it returns. Throws StoreError.
    void Commit();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace amber::index::store
