#include "server/admin/peer_report.h"

#include <algorithm>

namespace amber::server {
namespace {

using Time = PeerEntry::Time;

/// Seconds; null for what has never been.
void WriteAge(JsonWriter& out, Time time, Time now) {
    if (time == Time{})
        out.Raw("null");
    else
        out.Int((now - time).count());
}

void WritePort(JsonWriter& out, std::uint16_t port) {
    if (port == 0)
        out.Raw("null");
    else
        out.Uint(port);
}

void WritePeer(JsonWriter& out, const PeerDirectory::Snapshot::Row& row, Time now) {
    const PeerEntry& entry = row.entry;
    const bool known = entry.WasGood();
    out.Raw(R"({"host":)").String(entry.host.name);
    out.Raw(R"(,"status":)").String(Name(row.status));
    out.Raw(R"(,"ssl":)");
    WritePort(out, entry.host.ssl_port);
    out.Raw(R"(,"tcp":)");
    WritePort(out, entry.host.tcp_port);
    out.Raw(R"(,"address":)").String(entry.address);
    out.Raw(R"(,"software":)").String(entry.software);
    out.Raw(R"(,"protocol":)").String(known ? entry.protocol_max.Text() : "");
    out.Raw(R"(,"good_seconds":)");
    WriteAge(out, entry.last_good, now);
    out.Raw(R"(,"tried_seconds":)");
    WriteAge(out, entry.last_try, now);
    out.Raw(R"(,"next_seconds":)");
    if (entry.busy)
        out.Raw("null");
    else
        out.Int(std::max<std::int64_t>(0, (entry.due - now).count()));
    out.Raw(R"(,"failed_tries":)").Uint(entry.tries);
    out.Raw(R"(,"source":)").String(entry.source);
    out.Raw(R"(,"trouble":)").String(entry.trouble).Raw('}');
}

}  // namespace

void WritePeers(JsonWriter& out, const PeerDirectory::Snapshot& peers) {
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    out.Raw('[');
    for (std::size_t i = 0; i < peers.rows.size(); ++i) {
        if (i != 0) out.Raw(',');
        WritePeer(out, peers.rows[i], now);
    }
    out.Raw(']');
}

void WritePeerCounts(JsonWriter& out, const PeerDirectory::Snapshot& peers) {
    out.Raw('{');
    for (const PeerStatus status :
         {PeerStatus::good, PeerStatus::stale, PeerStatus::never, PeerStatus::bad})
        out.String(Name(status))
            .Raw(':')
            .Uint(static_cast<std::uint64_t>(
                std::ranges::count(peers.rows, status, &PeerDirectory::Snapshot::Row::status)))
            .Raw(',');
    out.Raw(R"("total":)").Uint(peers.rows.size()).Raw('}');
}

}  // namespace amber::server
