#include "daemon_client/node_state.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace amber::daemon_client {

namespace json = boost::json;
using index::Height;
using index::NodeResult;

namespace {

constexpr std::int64_t kMaxHeight = 0x7fffffff;

std::optional<Height> ReadHeight(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    const std::int64_t height = value->get_int64();
    if (height < 0 || height > kMaxHeight) return std::nullopt;
    return Height{static_cast<std::uint32_t>(height)};
}

}  // namespace

std::optional<NodeState> ReadNodeState(std::string_view text) {
    json::error_code failed;
    const json::value value = json::parse({text.data(), text.size()}, failed);
    if (failed || !value.is_object()) return std::nullopt;
    const json::object& object = value.get_object();
    const auto blocks = ReadHeight(object, "blocks");
    const auto headers = ReadHeight(object, "headers");
    const json::value* best = object.if_contains("bestblockhash");
    const json::value* chain = object.if_contains("chain");
    const json::value* initial = object.if_contains("initialblockdownload");
    const json::value* pruned = object.if_contains("pruned");
    const json::value* size = object.if_contains("size_on_disk");
    if (!blocks || !headers || best == nullptr || !best->is_string() || chain == nullptr ||
        !chain->is_string() || initial == nullptr || !initial->is_bool())
        return std::nullopt;
    const auto hash = index::FromDisplayHex<index::BlockHash>(best->get_string());
    if (!hash) return std::nullopt;

    NodeState state;
    state.tip.height = *blocks;
    state.tip.hash = *hash;
    state.tip.best_header = std::max(*headers, *blocks);
    state.tip.initial_download = initial->get_bool();
    if (size != nullptr && size->is_int64() && size->get_int64() > 0)
        state.tip.block_bytes = static_cast<std::uint64_t>(size->get_int64());
    state.chain = std::string(chain->get_string());
    state.pruned = pruned != nullptr && pruned->is_bool() && pruned->get_bool();
    return state;
}

NodeResult<Height> ReadCount(const RpcResult& result) {
    if (result.has_error()) return result.error();
    std::uint32_t height = 0;
    const auto [end, bad] =
        std::from_chars(result->data(), result->data() + result->size(), height);
    if (bad != std::errc{} || end != result->data() + result->size() || height > kMaxHeight)
        return WrongType("getblockcount", *result);
    return Height{height};
}

}  // namespace amber::daemon_client
