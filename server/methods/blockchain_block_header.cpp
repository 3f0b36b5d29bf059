#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {

Outcome BlockchainBlockHeader(Call& call) {
    const index::Height height{call.args.NonNegative(0)};
    const index::Height checkpoint{call.args.NonNegative(1)};
    if (auto error = call.args.Error()) return *error;

    const index::Height tip = call.served.view->tip.height;
    if (checkpoint.value != 0 && (height > checkpoint || checkpoint > tip))
        return BadRequest("require header height " + std::to_string(height.value) +
                          " <= cp_height " + std::to_string(checkpoint.value) +
                          " <= chain height " + std::to_string(tip.value));
    const auto header = call.query.GetHeader(height);
    if (!header) return HeightOutOfRange(height.value);
    if (checkpoint.value == 0) {
        call.out.Hex(*header);
        return Step::done;
    }
    const index::MerkleProof proof = call.query.ProveHeader(height, checkpoint);
    call.out.Raw(R"({"branch":)");
    WriteBranch(call.out, proof.branch);
    call.out.Raw(R"(,"header":)").Hex(*header).Raw(R"(,"root":)").DisplayHex(proof.root).Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
