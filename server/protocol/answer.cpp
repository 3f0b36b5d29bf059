#include "server/protocol/answer.h"

#include "server/protocol/json_writer.h"

namespace amber::server {

void BeginAnswer(std::string& out, std::string_view id) {
    out += R"({"jsonrpc":"2.0","id":)";
    out += id;
    out += R"(,"result":)";
}

void EndAnswer(std::string& out) { out += '}'; }

void AppendAnswer(std::string& out, std::string_view id, std::string_view result) {
    BeginAnswer(out, id);
    out += result;
    EndAnswer(out);
}

void AppendError(std::string& out, std::string_view id, const RpcError& error) {
    out += R"({"jsonrpc":"2.0","id":)";
    out += id;
    JsonWriter(out)
        .Raw(R"(,"error":{"code":)")
        .Int(JsonRpcCode(error.fault))
        .Raw(R"(,"message":)")
        .String(error.message)
        .Raw("}}");
}

void AppendNotification(std::string& out, std::string_view method, std::string_view params) {
    out += R"({"jsonrpc":"2.0","method":")";
    out += method;
    out += R"(","params":)";
    out += params;
    out += "}\n";
}

}  // namespace amber::server
