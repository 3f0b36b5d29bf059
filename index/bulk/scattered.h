#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "index/bulk/scratch_row.h"
#include "index/bulk/scratch_rows.h"

namespace amber::index::bulk {

/// All rows of a build, each kind in a file of its own.
struct Scattered {
    explicit Scattered(const std::filesystem::path& folder)
        : headers(folder / "headers", 1),
          txnums(folder / "txnums", sizeof(TxNumRow)),
          uses(folder / "uses", sizeof(UseRow)),
          spenders(folder / "spenders", sizeof(SpenderRow)),
          created(folder / "created", sizeof(CreatedRow)),
          spent(folder / "spent", sizeof(SpentRow)),
          unspent(folder / "unspent", sizeof(UnspentRow)) {}

    ScratchRows headers;  ///< one partition of bytes: length (2) and value of each `header` row
    ScratchRows txnums, uses, spenders;
    ScratchRows created, spent;  ///< to be matched
    ScratchRows unspent;         ///< what is left then; nothing before

    [[nodiscard]] std::string Save() const {
        return headers.Save() + txnums.Save() + uses.Save() + spenders.Save() + created.Save() +
               spent.Save();
    }
    void Restore(std::string_view saved) {
        for (ScratchRows* rows : {&headers, &txnums, &uses, &spenders, &created, &spent})
            saved = rows->Restore(saved);
    }
};

}  // namespace amber::index::bulk
