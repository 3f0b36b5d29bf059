#pragma once
#include <optional>
#include <string>
#include <vector>

#include "index/chain/outpoint.h"
#include "index/store/reader.h"
#include "index/tables/header_table.h"
#include "index/utxo_cache.h"

// Look-ups that take more than one row. All throw what Reader throws.
namespace amber::index {

/// The header row of `height`; nothing above the tip. `value` holds the bytes it points into.
std::optional<tables::HeaderRow> ReadHeader(const store::Reader& reader, Height height,
                                            std::string& value);
std::optional<BlockHash> ReadBlockHash(const store::Reader& reader, Height height);

/// Throws StoreError if there is no such transaction.
Txid ReadTxid(const store::Reader& reader, TxNum num);

/// Txids from `first` on; fewer than `count` only if there are no more.
std::vector<Txid> ReadTxids(const store::Reader& reader, TxNum first, std::size_t count);

/// The last transaction of that txid (before BIP30 a coinbase could repeat one).
/// `txnum` is a prefixed cursor over that table.
std::optional<TxNum> FindTxNum(const store::Reader& reader, store::Cursor& txnum, const Txid& txid);

/// The transaction that spends an output of `funder` in the chain.
std::optional<TxNum> FindSpender(const store::Reader& reader, TxNum funder, std::uint32_t index);

/// Whether a found output is proven to be that of the whole txid.
enum class Certainty {
    /// A single candidate is taken on its key's word. For blocks: the node has validated that the
    /// outpoint exists, so the only candidate is it.
    trust_single,
    always_compare,
};
/// An output in the tables that is unspent there. `h` is a prefixed cursor over that table.
std::optional<UnspentOutput> FindUnspent(const store::Reader& reader, store::Cursor& h,
                                         const OutPoint& outpoint, Certainty certainty);

}  // namespace amber::index
