#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

/// The argument is a height or a block hash. Nothing for a hash that is not in the chain.
std::optional<index::Height> ReadBlock(Arguments& args, index::Query& query) {
    const JsonValue& value = *args.Get(0);
    if (value.kind == JsonKind::string)
        if (const auto hash = index::FromDisplayHex<index::BlockHash>(value.text))
            return query.FindBlock(*hash);
    if (const auto height = args.TryNonNegative(0)) return index::Height{*height};
    args.Fail(BadRequest(Quote(value) + " should be a block hash or a height"));
    return std::nullopt;
}

}  // namespace

Outcome BlockchainHeaderGet(Call& call) {
    const auto wanted = ReadBlock(call.args, call.query);
    if (auto error = call.args.Error()) return *error;
    const auto header = wanted ? call.query.GetHeader(*wanted) : std::nullopt;
    if (!header) return BadRequest("Block not in active chain");
    call.out.Raw(R"({"hex":)").Hex(*header).Raw(R"(,"height":)").Uint(wanted->value).Raw('}');
    return Step::done;
}

}  // namespace amber::server::handlers
