#pragma once
#include <cstdint>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/parse_error.h"
#include "index/chain/transaction.h"

namespace amber::daemon_client {

/// The outputs that a block spends, out of a node's undo data: one per input, in order, those of
/// the coinbase left out.
struct SpentOutputs {
    struct Output {
        index::Amount value = 0;
        std::uint32_t begin = 0, size = 0;  ///< of its script within `scripts`
    };
    std::vector<Output> outputs;
    std::vector<std::uint32_t> inputs;  ///< of each transaction but the coinbase
    index::Bytes scripts;

    [[nodiscard]] index::ByteView Script(const Output& output) const {
        return index::ByteView(scripts).subspan(output.begin, output.size);
    }
};

/// Takes the undo data of one block, to the last byte. Scripts over 10,000 bytes, which nobody can
/// spend, come as OP_RETURN.
index::Parsed<SpentOutputs> ParseUndo(index::ByteView data);

}  // namespace amber::daemon_client
