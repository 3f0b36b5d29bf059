#pragma once
#include <cstdint>
#include <optional>

#include "index/chain/byte_reader.h"
#include "index/chain/transaction.h"

// How Bitcoin Core writes outputs in its own files (undo data, UTXO set).
//
// varint := seven bits per byte, the highest first; the top bit says that more follow, and each
//           byte that is followed adds one, so that no number has two forms
// amount := varint of (value without its zeros at the end, how many they were), mixed into one
// script := varint n, then for n = 0: key hash (20)        a payment to a key hash
//                               1: script hash (20)        to a script hash
//                            2, 3: x (32)                  to a compressed key that begins with n
//                            4, 5: x (32)                  to an uncompressed key, of which n - 2
//                                                          would begin the compressed form
//                           other: script (n - 6)
namespace amber::daemon_client {

/// Not the CompactSize of the wire. Refused (see ByteReader::Ok) if it does not fit in 64 bits.
std::uint64_t ReadVarint(index::ByteReader& in);

/// Satoshis; nothing if they do not fit in 63 bits.
std::optional<index::Amount> DecompressAmount(std::uint64_t amount);

/// Appends the script to `out`. Refused if it is cut off or names no point of the curve.
void ReadCompressedScript(index::ByteReader& in, index::Bytes& out);

}  // namespace amber::daemon_client
