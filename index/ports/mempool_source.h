#pragma once
#include <optional>
#include <span>
#include <vector>

#include "index/chain/bytes.h"
#include "index/chain/hash.h"
#include "index/ports/node_error.h"

namespace amber::index {

/// The node's unconfirmed transactions. Calls block; the sync thread uses it.
class MempoolSource {
public:
    virtual ~MempoolSource() = default;

    struct Listing {
        BlockHash tip;  ///< the node's best block, the same before and after the list was read
        std::vector<Txid> txids;
    };
    [[nodiscard]] virtual NodeResult<Listing> List() = 0;

    /// Raw transactions, in the order asked; nothing where one has left the mempool meanwhile.
    [[nodiscard]] virtual NodeResult<std::vector<std::optional<Bytes>>> Fetch(
        std::span<const Txid> txids) = 0;
};

}  // namespace amber::index
