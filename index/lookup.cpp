#include "index/lookup.h"

#include "index/tables/h_table.h"
#include "index/tables/spender_table.h"
#include "index/tables/txid_table.h"
#include "index/tables/txnum_table.h"

namespace amber::index {

using store::Table;

std::optional<tables::HeaderRow> ReadHeader(const store::Reader& reader, Height height,
                                            std::string& value) {
    auto found = reader.Get(Table::header, tables::HeaderKey(height));
    if (!found) return std::nullopt;
    value = std::move(*found);
    return tables::ReadHeaderRow(value);
}

std::optional<BlockHash> ReadBlockHash(const store::Reader& reader, Height height) {
    std::string value;
    const auto row = ReadHeader(reader, height, value);
    if (!row) return std::nullopt;
    return row->hash;
}

namespace {

static_assert(sizeof(Txid) == 32);
std::span<char> AsRows(std::span<Txid> txids) {
    return {reinterpret_cast<char*>(txids.data()), txids.size_bytes()};
}

}  // namespace

Txid ReadTxid(const store::Reader& reader, TxNum num) {
    Txid txid;
    const auto read_settled = [&] {
        return reader.ReadSettledTxids(num.value, AsRows({&txid, 1})) == 1;
    };
    if (read_settled()) return txid;
    const auto value = reader.Get(Table::txid, tables::TxidKey(num));
    if (!value && read_settled()) return txid;  // settled in between
    if (!value)
        throw store::StoreError("database: transaction number " + std::to_string(num.value) +
                                " has no txid; delete the database and sync again");
    return tables::ReadTxid(*value);
}

std::vector<Txid> ReadTxids(const store::Reader& reader, TxNum first, std::size_t count) {
    std::vector<Txid> txids(count);
    txids.resize(reader.ReadSettledTxids(first.value, AsRows(txids)));
    if (txids.size() == count) return txids;
    auto cursor = reader.Ordered(Table::txid);
    for (cursor.Seek(tables::TxidKey({first.value + txids.size()}));
         cursor.Valid() && txids.size() < count; cursor.Next())
        txids.push_back(tables::ReadTxid(cursor.Value()));
    return txids;
}

std::optional<TxNum> FindTxNum(const store::Reader& reader, store::Cursor& txnum,
                               const Txid& txid) {
    std::optional<TxNum> last;
    const auto prefix = tables::TxNumPrefix(txid);
    for (txnum.Seek(prefix); txnum.At(prefix); txnum.Next()) {
        const TxNum num = tables::ReadTxNumKey(txnum.Key());
        if (ReadTxid(reader, num) == txid) last = num;
    }
    return last;
}

std::optional<TxNum> FindSpender(const store::Reader& reader, TxNum funder, std::uint32_t index) {
    if (index >= 1u << (8 * tables::kOutputIndexSize)) return std::nullopt;
    const auto value = reader.Get(Table::spender, tables::SpenderKey(funder, index));
    if (!value) return std::nullopt;
    return tables::ReadSpenderValue(*value);
}

std::optional<UnspentOutput> FindUnspent(const store::Reader& reader, store::Cursor& h,
                                         const OutPoint& outpoint, Certainty certainty) {
    // Wallets and nodes can name any index; one that fits no key must not pass for another.
    if (outpoint.index >= 1u << (8 * tables::kOutputIndexSize)) return std::nullopt;
    std::vector<UnspentOutput> candidates;
    const auto prefix = tables::HPrefix(outpoint);
    for (h.Seek(prefix); h.At(prefix); h.Next()) {
        const auto row = tables::ReadHValue(h.Value());
        candidates.push_back({tables::ReadHKey(h.Key()), outpoint.index, row.hash_x, row.value});
    }
    if (candidates.size() == 1 && certainty == Certainty::trust_single) return candidates.front();
    for (const auto& candidate : candidates)
        if (ReadTxid(reader, candidate.num) == outpoint.txid) return candidate;
    return std::nullopt;
}

}  // namespace amber::index
