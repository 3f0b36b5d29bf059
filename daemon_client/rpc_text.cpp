#include "daemon_client/rpc_text.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <optional>

#include "daemon_client/json_text.h"

namespace amber::daemon_client {

using index::NodeError;
using index::NodeResult;
using Kind = index::NodeError::Kind;

namespace {

constexpr int kWarmingUp = -28;

struct Reply {
    std::uint64_t id = 0;
    std::optional<RpcResult> result;  ///< nothing: not a reply at all
};

/// Start of a text, for messages.
std::string Excerpt(std::string_view text) {
    std::string shown(text.substr(0, 100));
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = ' ';
    return "\"" + shown + (text.size() > 100 ? "...\"" : "\"");
}

std::optional<NodeError> ReadError(std::string_view text) {
    boost::json::error_code failed;
    const auto value = boost::json::parse({text.data(), text.size()}, failed);
    if (failed || !value.is_object()) return std::nullopt;
    const auto* code = value.get_object().if_contains("code");
    const auto* message = value.get_object().if_contains("message");
    if (code == nullptr || !code->is_int64() || message == nullptr || !message->is_string())
        return std::nullopt;
    return NodeError{Kind::refused, static_cast<int>(code->get_int64()),
                     std::string(message->get_string())};
}

std::optional<Reply> ReadReply(JsonCursor& cursor) {
    if (!cursor.Take('{')) return std::nullopt;
    std::optional<std::string_view> result, error, id;
    if (!cursor.Take('}')) {
        do {
            const auto key = cursor.Value();
            if (!key || !cursor.Take(':')) return std::nullopt;
            const auto value = cursor.Value();
            if (!value) return std::nullopt;
            if (*key == "\"result\"") result = value;
            if (*key == "\"error\"") error = value;
            if (*key == "\"id\"") id = value;
        } while (cursor.Take(','));
        if (!cursor.Take('}')) return std::nullopt;
    }
    Reply reply;
    // Requests that the node could not even read are answered with id null.
    if (id && *id != "null") {
        const auto [end, bad] = std::from_chars(id->data(), id->data() + id->size(), reply.id);
        if (bad != std::errc{} || end != id->data() + id->size()) return std::nullopt;
    }
    if (error && *error != "null") {
        auto read = ReadError(*error);
        if (!read) return std::nullopt;
        reply.result = std::move(*read);
    } else if (result) {
        reply.result = *result;
    } else {
        return std::nullopt;
    }
    return reply;
}

std::optional<std::vector<Reply>> ReadReplies(std::string_view body) {
    JsonCursor cursor(body);
    std::vector<Reply> replies;
    if (cursor.Take('[')) {
        do {
            auto reply = ReadReply(cursor);
            if (!reply) return std::nullopt;
            replies.push_back(std::move(*reply));
        } while (cursor.Take(','));
        if (!cursor.Take(']')) return std::nullopt;
    } else {
        auto reply = ReadReply(cursor);
        if (!reply) return std::nullopt;
        replies.push_back(std::move(*reply));
    }
    if (!cursor.AtEnd()) return std::nullopt;
    return replies;
}

/// Statuses that say it all, whatever the body.
std::optional<NodeError> StatusError(int status, std::string_view body, const std::string& daemon) {
    const std::string where = "daemon " + daemon + ": HTTP " + std::to_string(status) + ": ";
    if (status == 401)
        return NodeError{Kind::unauthorized, 0,
                         where +
                             "wrong user, password or cookie (see rpcauth, rpcuser, "
                             "rpcpassword of the node; --daemon and --daemon-cookie here)"};
    if (status == 403)
        return NodeError{Kind::unauthorized, 0,
                         where +
                             "our address or RPC user is not allowed (see rpcallowip and "
                             "rpcwhitelist of the node)"};
    if (status == 503 ||
        (status == 500 && body.find("Work queue depth exceeded") != std::string_view::npos &&
         body.size() < 200))
        return NodeError{Kind::overloaded, 0,
                         where +
                             "it has too much to do (see rpcworkqueue and rpcthreads of the "
                             "node)"};
    return std::nullopt;
}

}  // namespace

std::string WriteRpcRequests(std::span<const RpcRequest> requests, std::uint64_t first_id) {
    std::string text;
    if (requests.size() != 1) text += '[';
    for (const RpcRequest& request : requests) {
        if (&request != &requests.front()) text += ',';
        text += "{\"method\":\"" + request.method + "\",\"params\":";
        text += request.params;
        text += ",\"id\":" + std::to_string(first_id++) + "}";
    }
    if (requests.size() != 1) text += ']';
    return text;
}

NodeResult<std::vector<RpcResult>> ReadRpcAnswer(int http_status, std::string_view body,
                                                 std::size_t count, std::uint64_t first_id,
                                                 const std::string& daemon) {
    if (auto error = StatusError(http_status, body, daemon)) return std::move(*error);
    const auto malformed = [&](const std::string& what) {
        return NodeError{Kind::malformed, 0,
                         "daemon " + daemon + ": HTTP " + std::to_string(http_status) + ", " +
                             what + ": " + Excerpt(body) + " (is this a node's RPC port?)"};
    };
    auto replies = ReadReplies(body);
    if (!replies) return malformed("not a JSON-RPC answer");
    for (Reply& reply : *replies) {
        if (reply.result->has_value() || reply.result->error().code != kWarmingUp) continue;
        return NodeError{Kind::warming_up, 0,
                         "daemon " + daemon + " is starting: " + reply.result->error().message};
    }
    // A batch that is refused as a whole is answered by one object.
    if (replies->size() == 1 && count != 1 && replies->front().result->has_error())
        return replies->front().result->error();
    if (replies->size() != count) return malformed("wrong number of answers");

    std::vector<std::optional<RpcResult>> ordered(count);
    for (Reply& reply : *replies) {
        const std::uint64_t place = reply.id - first_id;
        if (place >= count || ordered[place]) return malformed("an answer to another request");
        ordered[place] = std::move(reply.result);
    }
    std::vector<RpcResult> results;
    results.reserve(count);
    for (auto& result : ordered) results.push_back(std::move(*result));
    return results;
}

NodeError WrongType(std::string_view method, std::string_view result) {
    return {
        Kind::malformed, 0,
        "daemon: " + std::string(method) + " answered something unexpected: " + Excerpt(result)};
}

}  // namespace amber::daemon_client
