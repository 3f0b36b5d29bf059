#include "server/cli/json_text.h"

#include <algorithm>

#include "server/cli/table_text.h"
#include "server/protocol/json_document.h"
#include "server/protocol/json_writer.h"
#include "server/protocol/utf8.h"

namespace amber::server {
namespace {

/// Writes values with two spaces of indentation, numbers with their own digits.
class Printer {
public:
    Printer(const JsonDocument& document, std::string& out) : document_(document), out_(out) {}

    void Print(const JsonValue& value, std::size_t depth) {
        const bool object = value.kind == JsonKind::object;
        if ((!object && value.kind != JsonKind::array) || value.count == 0) {
            out_ += value.raw;
            return;
        }
        out_ += object ? "{\n" : "[\n";
        const JsonValue* each = document_.First(value);
        for (std::uint32_t i = 0; i < value.count; ++i) {
            if (i > 0) {
                each = document_.After(*each);
                out_ += ",\n";
            }
            out_.append(2 * (depth + 1), ' ');
            if (object) JsonWriter(out_).String(each->key).Raw(": ");
            Print(*each, depth + 1);
        }
        out_ += '\n';
        out_.append(2 * depth, ' ');
        out_ += object ? '}' : ']';
    }

private:
    const JsonDocument& document_;
    std::string& out_;
};

std::string Readable(const JsonDocument& document, const JsonValue& value) {
    std::string text;
    Printer(document, text).Print(value, 0);
    return text;
}

}  // namespace

std::optional<std::string> ToJson(std::string_view argument) {
    if (JsonDocument().Parse(argument) == JsonFault::none) {
        std::string json(argument);
        // Between values only, where any white space will do: a newline would end the request.
        std::ranges::replace(json, '\n', ' ');
        std::ranges::replace(json, '\r', ' ');
        return json;
    }
    if (!IsUtf8(argument)) return std::nullopt;
    std::string json;
    JsonWriter(json).String(argument);
    return json;
}

std::optional<std::string> RequestLine(std::string_view method,
                                       const std::vector<std::string>& arguments) {
    if (!IsUtf8(method)) return std::nullopt;
    std::string line = R"({"jsonrpc":"2.0","id":0,"method":)";
    JsonWriter(line).String(method);
    line += R"(,"params":[)";
    for (const std::string& argument : arguments) {
        const auto json = ToJson(argument);
        if (!json) return std::nullopt;
        if (line.back() != '[') line += ',';
        line += *json;
    }
    return line + "]}\n";
}

AdminAnswer ReadAnswer(std::string_view line, const ResultForm& form) {
    JsonDocument document;
    const JsonFault fault = document.Parse(line);
    // Errors are short, so this can but be a result: very long lists are printed as they come.
    if (fault == JsonFault::size) return {true, std::string(line)};
    constexpr const char* kNotAnswer =
        "what answers there is not amberd's admin port; check --admin";
    if (fault != JsonFault::none || document.Root().kind != JsonKind::object) {
        return {false, kNotAnswer};
    }
    const JsonValue* error = document.Member(document.Root(), "error");
    if (error != nullptr && error->kind == JsonKind::object) {
        const JsonValue* message = document.Member(*error, "message");
        return {false, std::string(message != nullptr ? message->text : error->raw)};
    }
    const JsonValue* result = document.Member(document.Root(), "result");
    if (result == nullptr) return {false, kNotAnswer};
    return {true,
            form.json ? Readable(document, *result) : TableText(document, *result, form.width)};
}

}  // namespace amber::server
