#include "daemon_client/block_files/spent_outputs.h"

#include "daemon_client/block_files/compressed_output.h"
#include "index/chain/byte_reader.h"

namespace amber::daemon_client {

using index::ByteReader;
using index::ParseError;

// undo   := count of transactions but the coinbase (CompactSize), transactions
// tx     := count of inputs (CompactSize), spent outputs
// output := varint of (height * 2 + coinbase), varint unless height is 0 (of no meaning today),
//           amount, script: see compressed_output.h

namespace {

/// Smallest parts in bytes: a count that does not fit by these is refused.
constexpr std::size_t kTxBytesMin = 1;
constexpr std::size_t kOutputBytesMin = 1 + 1 + 1;

/// A count of things that take at least `bytes_each`; refused if they cannot fit.
std::size_t ReadCount(ByteReader& in, std::size_t bytes_each) {
    const std::uint64_t count = in.CompactSize();
    if (in.Ok() && count > in.Left() / bytes_each) in.Fail();
    return in.Ok() ? count : 0;
}

void ReadOutput(ByteReader& in, SpentOutputs& spent) {
    const std::uint64_t code = ReadVarint(in);
    if (code / 2 > 0) ReadVarint(in);
    const auto value = DecompressAmount(ReadVarint(in));
    if (!value) in.Fail();
    const std::size_t begin = spent.scripts.size();
    ReadCompressedScript(in, spent.scripts);
    if (!in.Ok()) return;
    spent.outputs.push_back({*value, static_cast<std::uint32_t>(begin),
                             static_cast<std::uint32_t>(spent.scripts.size() - begin)});
}

}  // namespace

index::Parsed<SpentOutputs> ParseUndo(index::ByteView data) {
    ByteReader in(data);
    SpentOutputs spent;
    const std::size_t txs = ReadCount(in, kTxBytesMin);
    spent.inputs.reserve(txs);
    for (std::size_t tx = 0; tx < txs && in.Ok(); ++tx) {
        const std::size_t inputs = ReadCount(in, kOutputBytesMin);
        spent.inputs.push_back(static_cast<std::uint32_t>(inputs));
        for (std::size_t i = 0; i < inputs && in.Ok(); ++i) ReadOutput(in, spent);
    }
    if (!in.Ok())
        return ParseError{"undo data: cut off or malformed, in transaction " +
                              std::to_string(spent.inputs.size()),
                          in.Offset()};
    if (in.Left() > 0)
        return ParseError{std::to_string(in.Left()) + " bytes follow the undo data", in.Offset()};
    return spent;
}

}  // namespace amber::daemon_client
