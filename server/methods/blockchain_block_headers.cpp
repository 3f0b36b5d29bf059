#include <algorithm>

#include "server/methods/handlers.h"
#include "server/methods/shapes.h"

namespace amber::server::handlers {
namespace {

constexpr std::uint32_t kMaxHeaders = 2016;  ///< Electrum needs at least this many
constexpr ProtocolVersion kListSince{{1, 6, 0}};

void WriteJoined(JsonWriter& out, const std::vector<index::Bytes>& headers) {
    out.Raw(R"("hex":")");
    for (const index::Bytes& header : headers) out.HexDigits(header);
    out.Raw(R"(","max":)").Uint(kMaxHeaders);
}

void WriteList(JsonWriter& out, const std::vector<index::Bytes>& headers) {
    out.Raw(R"("headers":[)");
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (i != 0) out.Raw(',');
        out.Hex(headers[i]);
    }
    out.Raw(R"(],"max":)").Uint(kMaxHeaders);
}

}  // namespace

Outcome BlockchainBlockHeaders(Call& call) {
    const index::Height start{call.args.NonNegative(0)};
    const std::uint32_t wanted = std::min(call.args.NonNegative(1), kMaxHeaders);
    const index::Height checkpoint{call.args.NonNegative(2)};
    if (auto error = call.args.Error()) return *error;

    const index::Height tip = call.served.view->tip.height;
    const std::uint32_t exist = start > tip ? 0 : tip.value - start.value + 1;
    const std::uint32_t count = std::min(wanted, exist);
    const bool proof_wanted = count > 0 && checkpoint.value != 0;
    const index::Height last{start.value + count - 1};
    if (proof_wanted && (last > checkpoint || checkpoint > tip))
        return BadRequest("require header height " + std::to_string(last.value) + " <= cp_height " +
                          std::to_string(checkpoint.value) + " <= chain height " +
                          std::to_string(tip.value));

    std::vector<index::Bytes> headers;
    if (count > 0) headers = call.query.GetHeaders(start, count);
    call.out.Raw(R"({"count":)").Uint(headers.size()).Raw(',');
    if (call.version >= kListSince)
        WriteList(call.out, headers);
    else
        WriteJoined(call.out, headers);
    if (proof_wanted) {
        const index::MerkleProof proof = call.query.ProveHeader(last, checkpoint);
        call.out.Raw(R"(,"root":)").DisplayHex(proof.root).Raw(R"(,"branch":)");
        WriteBranch(call.out, proof.branch);
    }
    call.out.Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
