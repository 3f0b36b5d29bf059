#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "index/store/bulk_load.h"
#include "index/tables/row_bytes.h"

namespace amber::index::bulk {

/// How far the tables are written, and in which files.
struct FinishState {
    bool begun = false;            ///< then no block can be added
    std::uint64_t ranges = 0;      ///< into which each table is divided, if it has begun
    std::uint64_t matched = 0;     ///< of these, from the first on: outputs and spends are matched
    std::uint64_t utxo_count = 0;  ///< rows of `u` that this gave
    std::uint64_t work = 0, work_done = 0;  ///< see work.h; of all, once it has begun
    std::vector<std::uint64_t> written{};   ///< steps, by their numbers
    std::vector<store::LoadFile> files{};   ///< all that was written, durable

    // begun (1), ranges, matched, utxo_count, work, work_done, count of written, those, count of
    // files, and of each its table (1), length of name, name; varints but where a size is said
    [[nodiscard]] std::string Encode() const;
    /// Throws StoreError if the bytes end too soon.
    [[nodiscard]] static FinishState Decode(tables::RowReader& in);
};

}  // namespace amber::index::bulk
