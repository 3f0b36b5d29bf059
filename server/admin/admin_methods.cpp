#include "server/admin/admin_methods.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "server/admin/admin_json.h"
#include "server/admin/peer_report.h"
#include "server/admin/script_report.h"
#include "server/protocol/answer.h"
#include "server/protocol/arguments.h"
#include "server/protocol/json_writer.h"
#include "server/protocol/version.h"

namespace amber::server {
namespace {

constexpr std::uint32_t kDefaultReorg = 3;
constexpr std::size_t kDefaultReportLimit = 1000;
constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

RpcError NoPeers() { return {RpcFault::bad_request, "--peer-discovery is off"}; }
RpcError NotSynced() { return {RpcFault::bad_request, "still syncing: no view to ask yet"}; }

std::uint64_t ResidentBytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

struct AdminMethods::Entry {
    std::string_view name;
    void (AdminMethods::*method)(const Request& request, const Finish& finish);
    std::size_t most;  ///< arguments
};

const AdminMethods::Entry AdminMethods::kEntries[] = {
    {"getinfo", &AdminMethods::GetInfo, 0},
    {"sessions", &AdminMethods::Sessions, 0},
    {"disconnect", &AdminMethods::Disconnect, kAnyNumber},
    {"query", &AdminMethods::QueryScripts, kAnyNumber},
    {"daemon_url", &AdminMethods::DaemonUrl, kAnyNumber},
    {"log_level", &AdminMethods::LogLevel, 1},
    {"reorg", &AdminMethods::Reorg, 1},
    {"digest", &AdminMethods::Digest, 0},
    {"stop", &AdminMethods::Stop, 0},
    {"limits", &AdminMethods::Limits, kAnyNumber},
    {"groups", &AdminMethods::Groups, 0},
    {"ban", &AdminMethods::Ban, 2},
    {"unban", &AdminMethods::Unban, 1},
    {"listbanned", &AdminMethods::ListBanned, 0},
    {"peers", &AdminMethods::Peers, 0},
    {"add_peer", &AdminMethods::AddPeer, kAnyNumber},
    {"broadcast", &AdminMethods::Broadcast, 0},
};

std::optional<RpcError> AdminMethods::FindSurplus(const Entry& entry,
                                                  const Request& request) const {
    if (!request.params || request.params->count <= entry.most) return std::nullopt;
    const bool named = request.params->kind == JsonKind::object;
    if (named && entry.most > 0) return std::nullopt;  // names that a method has no use for
    const JsonValue* surplus = document_.First(*request.params);
    for (std::size_t i = 0; i < entry.most; ++i) surplus = document_.After(*surplus);
    const std::string_view text = named                               ? surplus->key
                                  : surplus->kind == JsonKind::string ? surplus->text
                                                                      : surplus->raw;
    return RpcError{RpcFault::invalid_params,
                    std::string(entry.name) + " takes " +
                        (entry.most == 0   ? "no arguments"
                         : entry.most == 1 ? "one argument"
                                           : std::to_string(entry.most) + " arguments") +
                        ": what is " + QuoteName(text) + "?"};
}

bool AdminMethods::Handle(std::string_view line, const Respond& respond) {
    Request request{.id = "null", .method = {}, .params = nullptr};
    std::optional<RpcError> error;
    const JsonFault fault = document_.Parse(line);
    if (fault != JsonFault::none)
        error = RpcError{RpcFault::parse, Describe(fault)};
    else
        error = ReadRequest(document_, document_.Root(), request);

    const Finish finish = [respond, id = std::string(request.id)](const ReplyText& result) {
        std::string answer;
        if (id.empty()) return respond(answer);
        if (result)
            AppendAnswer(answer, id, *result);
        else
            AppendError(answer, id, result.error());
        respond(answer + '\n');
    };
    if (error) {
        finish(*error);
        return fault == JsonFault::none;
    }
    const auto entry = std::find_if(std::begin(kEntries), std::end(kEntries),
                                    [&](const Entry& e) { return e.name == request.method; });
    if (entry == std::end(kEntries)) {
        finish(RpcError{RpcFault::unknown_method, "unknown method " + QuoteName(request.method) +
                                                      " (see `amber-cli --help`)"});
        return true;
    }
    if (const auto surplus = FindSurplus(*entry, request)) {
        finish(*surplus);
        return true;
    }
    try {
        (this->*entry->method)(request, finish);
    } catch (const std::exception& failed) {
        finish(RpcError{RpcFault::bad_request, failed.what()});
    }
    return true;
}

std::vector<std::string> AdminMethods::ReadList(const Request& request,
                                                std::string_view name) const {
    std::vector<std::string> values;
    const auto add = [&](const JsonValue& value) {
        std::string_view text = value.kind == JsonKind::string ? value.text : value.raw;
        while (!text.empty()) {
            const std::size_t comma = std::min(text.find(','), text.size());
            if (comma > 0) values.emplace_back(text.substr(0, comma));
            text.remove_prefix(std::min(comma + 1, text.size()));
        }
    };
    const auto add_all = [&](const JsonValue& list, const auto& each) {
        const JsonValue* value = list.count > 0 ? document_.First(list) : nullptr;
        for (std::uint32_t i = 0; i < list.count; ++i, value = document_.After(*value))
            each(*value);
    };
    const auto add_nested = [&](const JsonValue& value) {
        if (value.kind == JsonKind::array)
            add_all(value, add);
        else
            add(value);
    };
    if (!request.params) return values;
    if (request.params->kind == JsonKind::array)
        add_all(*request.params, add_nested);
    else if (const JsonValue* named = document_.Member(*request.params, name))
        add_nested(*named);
    return values;
}

void AdminMethods::GetInfo(const Request&, const Finish& finish) {
    std::string text;
    JsonWriter out(text);
    Members member(out);
    member("version").String(target_.version);
    member("protocol_min").String(kProtocolMin.Text());
    member("protocol_max").String(kProtocolMax.Text());
    if (target_.coin) {
        member("coin").String(target_.coin->name);
        member("network").String(target_.coin->network);
    }
    if (target_.index_status) {
        const index::IndexerStatus status = target_.index_status();
        if (status.tip) {
            member("height").Uint(status.tip->height.value);
            member("tip").DisplayHex(status.tip->hash);
            member("tx_count").Uint(status.tip->tx_count);
        } else {
            member("height").Raw("null");
        }
        member("daemon_height").Uint(status.node_height.value);
        member("synced").Bool(status.synced);
        member("mempool_txs").Uint(status.mempool_txs);
        member("utxo_count").Uint(status.utxo_count);
    }
    if (target_.progress) {
        const SyncProgress progress = target_.progress();
        member("progress").Double(progress.fraction);
        member("eta_seconds");
        if (progress.left)
            out.Int(progress.left->count());
        else
            out.Raw("null");
    }
    const ServerStats stats = target_.server_stats ? target_.server_stats() : ServerStats{};
    member("sessions").Uint(stats.sessions);
    member("sessions_total").Uint(stats.sessions_total);
    member("subscriptions").Uint(stats.subscriptions);
    member("notifications").Uint(stats.notifications);
    member("txs_sent").Uint(stats.txs_sent);
    member("errors").Uint(stats.errors);
    member("requests");
    Members by_method(out);
    for (const auto& [name, count] : stats.requests) by_method(name).Uint(count);
    out.Raw(stats.requests.empty() ? "{}" : "}");
    member("bound_hits");
    Members by_bound(out);
    for (const auto& [name, count] : stats.bound_hits) by_bound(name).Uint(count);
    out.Raw(stats.bound_hits.empty() ? "{}" : "}");
    if (target_.peers) {
        member("peers");
        WritePeerCounts(out, *target_.peers());
    }
    if (target_.node_software) {
        const auto software = target_.node_software();
        member("daemon_version").Int(software.version);
        member("daemon_subversion").String(software.subversion);
    }
    if (target_.node_link) {
        const NodeLink link = target_.node_link();
        member("daemon").String(link.daemon);
        member("daemon_connected").Bool(link.connected);
        member("source").String(link.source);
        member("node_peers").Raw('[');
        for (std::size_t i = 0; i < link.peers.size(); ++i) {
            if (i != 0) out.Raw(',');
            Members of_peer(out);
            of_peer("address").String(link.peers[i].address);
            of_peer("connected").Bool(link.peers[i].connected);
            of_peer("trouble").String(link.peers[i].trouble);
            out.Raw('}');
        }
        out.Raw(']');
    }
    if (target_.database_bytes) member("database_bytes").Uint(target_.database_bytes());
    member("memory_bytes").Uint(ResidentBytes());
    const auto uptime = std::chrono::steady_clock::now() - started_;
    member("uptime").Int(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
    member("pid").Int(getpid());
    out.Raw('}');
    finish(std::move(text));
}

void AdminMethods::Sessions(const Request&, const Finish& finish) {
    if (!target_.sessions) return finish(NotAvailable());
    std::string text = "[";
    JsonWriter out(text);
    for (const SessionInfo& session : target_.sessions()) {
        if (text.size() > 1) out.Raw(',');
        Members member(out);
        member("id").Uint(session.id);
        member("transport").String(session.transport);
        member("peer").String(session.peer);
        member("client").String(session.client);
        member("protocol").String(session.protocol);
        member("subscriptions").Uint(session.subscriptions);
        member("in_flight").Uint(session.in_flight);
        member("requests").Uint(session.requests);
        member("bytes_received").Uint(session.bytes_received);
        member("bytes_sent").Uint(session.bytes_sent);
        member("age_seconds").Int(session.age.count());
        member("group").String(session.group);
        member("cost").Double(session.cost);
        out.Raw('}');
    }
    out.Raw(']');
    finish(std::move(text));
}

void AdminMethods::Disconnect(const Request& request, const Finish& finish) {
    if (!target_.disconnect || !target_.sessions) return finish(NotAvailable());
    std::vector<std::string> ids = ReadList(request, "session_ids");
    if (ids.empty())
        return finish(RpcError{RpcFault::invalid_params, "expected session ids, or \"all\""});
    if (ids.front() == "all") {
        ids.clear();
        for (const SessionInfo& session : target_.sessions())
            ids.push_back(std::to_string(session.id));
    }
    std::vector<std::string> lines;
    for (const std::string& id : ids) {
        const auto number = ReadNumber<std::uint64_t>(id);
        const bool gone = number && target_.disconnect(*number);
        lines.push_back((gone ? "disconnected " : "no session ") + id);
    }
    finish(QuotedList(lines));
}

void AdminMethods::QueryScripts(const Request& request, const Finish& finish) {
    if (!target_.current_view || !target_.coin) return finish(NotAvailable());
    const std::vector<std::string> items = ReadList(request, "items");
    if (items.empty())
        return finish(RpcError{RpcFault::invalid_params,
                               "expected addresses, scripts in hex, or script hashes"});
    const index::ViewPtr view = target_.current_view();
    if (!view) return finish(NotSynced());

    index::Query query(view, index::store::Reach::disk);
    std::string text;
    JsonWriter out(text);
    for (const std::string& item : items) {
        const auto script = ReadScript(item, *target_.coin);
        if (!script)
            return finish(RpcError{RpcFault::bad_request,
                                   "neither an address of this network nor hex: " + item});
        out.Raw(text.empty() ? "" : ",");
        WriteScriptReport(out, item, *script, query, kDefaultReportLimit);
    }
    finish(items.size() == 1 ? text : '[' + text + ']');
}

void AdminMethods::DaemonUrl(const Request& request, const Finish& finish) {
    if (!target_.daemon_url) return finish(NotAvailable());
    finish(QuotedList(target_.daemon_url(ReadList(request, "daemon_url"))));
}

void AdminMethods::LogLevel(const Request& request, const Finish& finish) {
    if (!target_.log_level) return finish(NotAvailable());
    const std::vector<std::string> levels = ReadList(request, "level");
    std::string text;
    JsonWriter(text).String(target_.log_level(levels.empty() ? std::string() : levels.front()));
    finish(std::move(text));
}

void AdminMethods::Reorg(const Request& request, const Finish& finish) {
    if (!target_.reorg) return finish(NotAvailable());
    const std::vector<std::string> counts = ReadList(request, "count");
    const auto count =
        counts.empty() ? std::optional(kDefaultReorg) : ReadNumber<std::uint32_t>(counts.front());
    if (!count || *count == 0)
        return finish(RpcError{RpcFault::invalid_params, "count should be a positive integer"});
    target_.reorg(*count, [finish, count = *count](const std::string& error) {
        if (!error.empty()) return finish(RpcError{RpcFault::bad_request, error});
        std::string text;
        JsonWriter(text).String("disconnected " + std::to_string(count) +
                                " blocks; following the node again");
        finish(std::move(text));
    });
}

void AdminMethods::Digest(const Request&, const Finish& finish) {
    if (!target_.digest) return finish(NotAvailable());
    finish(target_.digest());
}

void AdminMethods::Stop(const Request&, const Finish& finish) {
    if (!target_.stop) return finish(NotAvailable());
    finish(std::string(R"("stopping")"));
    target_.stop();
}

void AdminMethods::Peers(const Request&, const Finish& finish) {
    if (!target_.peers) return finish(NoPeers());
    std::string text;
    JsonWriter out(text);
    WritePeers(out, *target_.peers());
    finish(std::move(text));
}

void AdminMethods::AddPeer(const Request& request, const Finish& finish) {
    if (!target_.add_peer) return finish(NoPeers());
    PeerHost host;
    const std::vector<std::string> urls = ReadList(request, "urls");
    const bool good = !urls.empty() && std::ranges::all_of(urls, [&](const std::string& url) {
        return AddUrl(url, host);
    });
    if (!good)
        return finish(RpcError{RpcFault::invalid_params,
                               "expected ssl://HOST:PORT or tcp://HOST:PORT, or both of one host"});
    if (const auto why = target_.add_peer(host))
        return finish(RpcError{RpcFault::bad_request, host.name + ": " + *why});
    std::string text;
    JsonWriter(text).String(host.name + " will be looked at now; `peers` tells what came of it");
    finish(std::move(text));
}

void AdminMethods::Broadcast(const Request&, const Finish& finish) {
    if (!target_.broadcast) return finish(NotAvailable());
    const auto lines = target_.broadcast();
    if (lines.empty())
        return finish(RpcError{RpcFault::bad_request,
                               "there is no banner file: see --banner-file and --tor-banner"});
    finish(QuotedList(lines));
}

}  // namespace amber::server
