#include "server/peers/peer_file.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "server/protocol/json_document.h"
#include "server/protocol/json_writer.h"

namespace amber::server {
namespace {

using Time = PeerEntry::Time;

constexpr std::size_t kFileMax = 4 << 20;
constexpr std::string_view kFormat = "1";

std::string_view TextOf(const JsonDocument& document, const JsonValue& object,
                        std::string_view key) {
    const JsonValue* value = document.Member(object, key);
    if (!value) return {};
    return value->kind == JsonKind::string ? value->text : value->raw;
}

template <class Number>
Number NumberOf(const JsonDocument& document, const JsonValue& object, std::string_view key) {
    const std::string_view text = TextOf(document, object, key);
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

Time TimeOf(const JsonDocument& document, const JsonValue& object, std::string_view key) {
    return Time(std::chrono::seconds(NumberOf<std::uint32_t>(document, object, key)));
}

std::optional<PeerEntry> ReadEntry(const JsonDocument& document, const JsonValue& object) {
    if (object.kind != JsonKind::object) return std::nullopt;
    const auto name = ParseHostName(TextOf(document, object, "host"));
    if (!name) return std::nullopt;
    PeerEntry entry;
    entry.host = {.name = *name,
                  .tcp_port = NumberOf<std::uint16_t>(document, object, "tcp_port"),
                  .ssl_port = NumberOf<std::uint16_t>(document, object, "ssl_port")};
    if (!entry.host.HasPort()) return std::nullopt;
    const std::string_view address = TextOf(document, object, "address");
    if (AddressOf(address)) entry.address = address;
    entry.source = Printable(TextOf(document, object, "source"), kHostNameMax);
    entry.software = Printable(TextOf(document, object, "software"), PeerFeatures::kSoftwareMax);
    entry.protocol_min =
        ParseVersion(TextOf(document, object, "protocol_min")).value_or(ProtocolVersion());
    entry.protocol_max =
        ParseVersion(TextOf(document, object, "protocol_max")).value_or(ProtocolVersion());
    entry.last_good = TimeOf(document, object, "last_good");
    entry.last_try = TimeOf(document, object, "last_try");
    entry.tries = NumberOf<unsigned>(document, object, "tries");
    entry.bad = TextOf(document, object, "bad") == "true";
    return entry;
}

void WriteEntry(JsonWriter& out, const PeerEntry& entry) {
    out.Raw(R"({"host":)").String(entry.host.name);
    out.Raw(R"(,"tcp_port":)").Uint(entry.host.tcp_port);
    out.Raw(R"(,"ssl_port":)").Uint(entry.host.ssl_port);
    out.Raw(R"(,"address":)").String(entry.address);
    out.Raw(R"(,"source":)").String(entry.source);
    out.Raw(R"(,"software":)").String(entry.software);
    out.Raw(R"(,"protocol_min":)").String(entry.protocol_min.Text());
    out.Raw(R"(,"protocol_max":)").String(entry.protocol_max.Text());
    out.Raw(R"(,"last_good":)").Int(entry.last_good.time_since_epoch().count());
    out.Raw(R"(,"last_try":)").Int(entry.last_try.time_since_epoch().count());
    out.Raw(R"(,"tries":)").Uint(entry.tries);
    out.Raw(R"(,"bad":)").Bool(entry.bad).Raw('}');
}

std::string Text(const index::BlockHash& genesis, const PeerBook& book) {
    std::string text;
    JsonWriter out(text);
    out.Raw(R"({"format":)").Raw(kFormat).Raw(R"(,"genesis":)").DisplayHex(genesis);
    out.Raw(",\"peers\":[\n");
    const char* separator = "";
    for (const auto& [name, entry] : book.All()) {
        out.Raw(separator);
        WriteEntry(out, entry);
        separator = ",\n";
    }
    out.Raw("\n]}\n");
    return text;
}

}  // namespace

std::optional<std::string> LoadPeers(const std::filesystem::path& path,
                                     const index::BlockHash& genesis, PeerBook& book, Time now) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text(kFileMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    JsonDocument document;
    if (text.size() > kFileMax || document.Parse(text) != JsonFault::none) return "is damaged";
    const JsonValue& root = document.Root();
    const JsonValue* peers =
        root.kind == JsonKind::object ? document.Member(root, "peers") : nullptr;
    if (!peers || peers->kind != JsonKind::array || TextOf(document, root, "format") != kFormat)
        return "is not in the form of this version";
    if (TextOf(document, root, "genesis") != index::ToDisplayHex(genesis))
        return "is of another network";
    const JsonValue* each = peers->count > 0 ? document.First(*peers) : nullptr;
    for (std::uint32_t i = 0; i < peers->count; ++i, each = document.After(*each))
        if (auto entry = ReadEntry(document, *each)) book.Restore(std::move(*entry), now);
    return std::nullopt;
}

std::optional<std::string> SavePeers(const std::filesystem::path& path,
                                     const index::BlockHash& genesis, const PeerBook& book) {
    std::filesystem::path fresh = path;
    fresh += ".new";
    {
        std::ofstream file(fresh, std::ios::binary);
        file << Text(genesis, book);
        file.close();
        if (!file) return std::string(std::strerror(errno));
    }
    std::error_code error;
    std::filesystem::rename(fresh, path, error);
    return error ? std::optional(error.message()) : std::nullopt;
}

}  // namespace amber::server
