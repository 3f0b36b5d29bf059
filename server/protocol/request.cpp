#include "server/protocol/request.h"

namespace amber::server {
namespace {

bool IsGoodId(const JsonValue& id) {
    return (id.kind == JsonKind::string || id.kind == JsonKind::number ||
            id.kind == JsonKind::null) &&
           id.raw.size() <= kMaxIdBytes;
}

}  // namespace

std::optional<RpcError> ReadRequest(const JsonDocument& document, const JsonValue& value,
                                    Request& request) {
    request = {.id = "null", .method = {}, .params = nullptr};
    const auto invalid = [](const char* why) { return RpcError{RpcFault::invalid_request, why}; };
    if (value.kind != JsonKind::object) return invalid("request is not an object");

    const JsonValue* id = nullptr;
    const JsonValue* method = nullptr;
    const JsonValue* member = &value + 1;
    for (std::uint32_t i = 0; i < value.count; ++i, member = document.After(*member)) {
        if (member->key == "id") id = member;
        if (member->key == "method") method = member;
        if (member->key == "params") request.params = member;
    }
    if (id && !IsGoodId(*id)) return invalid("invalid request id");
    if (id) request.id = id->raw;
    if (!method || method->kind != JsonKind::string) return invalid("method is not a string");
    if (request.params && request.params->kind == JsonKind::null) request.params = nullptr;
    if (request.params && request.params->kind != JsonKind::array &&
        request.params->kind != JsonKind::object)
        return invalid("params is neither an array nor an object");
    request.method = method->text;
    if (!id) request.id = {};
    return std::nullopt;
}

}  // namespace amber::server
