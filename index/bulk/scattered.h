#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "index/bulk/partitioned_rows.h"
#include "index/bulk/scratch_row.h"
#include "index/bulk/work.h"

namespace amber::index::bulk {

/// All rows of a build, each kind in a file of its own.
/// The partition of a row is the leading bits of its key, so that the keys of a partition all come
/// before those of the next; 16 files for each kind. `headers` and `spenders` go by other rules.
class Scattered {
public:
    Scattered(const std::filesystem::path& folder, unsigned partition_bits)
        : headers(folder / "headers", 1, 1),
          txnums(Keyed(folder / "txnums", sizeof(TxNumRow), partition_bits)),
          uses(Keyed(folder / "uses", sizeof(UseRow), partition_bits)),
          spenders(folder / "spenders", sizeof(SpenderRow), kSpenderPartitionsPerFile),
          created(Keyed(folder / "created", sizeof(CreatedRow), partition_bits)),
          spent(Keyed(folder / "spent", sizeof(SpentRow), partition_bits)),
          unspent(Keyed(folder / "unspent", sizeof(UnspentRow), partition_bits)),
          partition_bits_(partition_bits) {}

    PartitionedRows headers;  ///< one partition of bytes: length (2) and value of each `header` row
    PartitionedRows txnums, uses;
    PartitionedRows spenders;        ///< by SpenderPartitionOf
    PartitionedRows created, spent;  ///< to be matched
    PartitionedRows unspent;         ///< what is left then; nothing before

    /// As many partitions as have room in `max_bytes`: large ones fill the memory in the end, when
    /// they are sorted. 512 to 4,096.
    static unsigned PartitionBitsFor(std::size_t max_bytes) {
        constexpr std::size_t kKinds = 4;  // of which all partitions are in use at a time
        unsigned bits = 9;
        while (bits < 12 && (kKinds * PartitionedRows::kChunkBytes << (bits + 1)) <= max_bytes)
            ++bits;
        return bits;
    }
    [[nodiscard]] unsigned PartitionBits() const { return partition_bits_; }
    [[nodiscard]] std::size_t Partitions() const { return std::size_t{1} << partition_bits_; }
    [[nodiscard]] std::size_t PartitionOf(const std::uint8_t* key) const {
        return tables::LoadBigEndian<4>(key) >> (32 - partition_bits_);
    }

    [[nodiscard]] RowCounts Counts() const {
        return {.txnums = txnums.Rows(),
                .uses = uses.Rows(),
                .spenders = spenders.Rows(),
                .created = created.Rows(),
                .spent = spent.Rows(),
                .unspent = unspent.Rows()};
    }

    [[nodiscard]] std::string Save() const {
        std::string saved;
        for (const PartitionedRows* rows :
             {&headers, &txnums, &uses, &spenders, &created, &spent, &unspent})
            saved += rows->Save();
        return saved;
    }
    /// `matching`, `writing`: that work was begun, and so rows may have been released.
    void Restore(std::string_view saved, bool matching, bool writing) {
        for (PartitionedRows* rows : {&headers, &txnums, &uses, &spenders})
            saved = rows->Restore(saved, writing);
        for (PartitionedRows* rows : {&created, &spent}) saved = rows->Restore(saved, matching);
        unspent.Restore(saved, writing);
    }

private:
    static constexpr std::size_t kSpenderPartitionsPerFile = 16;
    static PartitionedRows Keyed(std::filesystem::path path, std::size_t row_size,
                                 unsigned partition_bits) {
        constexpr unsigned kFileBits = 4;
        return {std::move(path), row_size, std::size_t{1} << (partition_bits - kFileBits),
                std::size_t{1} << partition_bits};
    }
    const unsigned partition_bits_;
};

}  // namespace amber::index::bulk
