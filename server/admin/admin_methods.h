#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/admin/admin_target.h"
#include "server/protocol/json_document.h"
#include "server/protocol/request.h"

namespace amber::server {

/// The methods of the admin RPC, without sockets. Thread: one at a time.
class AdminMethods {
public:
    explicit AdminMethods(AdminTarget target) : target_(std::move(target)) {}

    /// Takes a line; empty for a request without id. Called exactly once, from any thread.
    using Respond = std::function<void(std::string line)>;
    /// Answers one request, now or later. False if it is no JSON.
    bool Handle(std::string_view line, const Respond& respond);

private:
    using Finish = std::function<void(ReplyText)>;
    struct Entry;
    static const Entry kEntries[];

    /// An error that names the first argument beyond those the method has.
    std::optional<RpcError> FindSurplus(const Entry& entry, const Request& request) const;

    void GetInfo(const Request& request, const Finish& finish);
    void Sessions(const Request& request, const Finish& finish);
    void Disconnect(const Request& request, const Finish& finish);
    void QueryScripts(const Request& request, const Finish& finish);
    void DaemonUrl(const Request& request, const Finish& finish);
    void LogLevel(const Request& request, const Finish& finish);
    void Reorg(const Request& request, const Finish& finish);
    void Digest(const Request& request, const Finish& finish);
    void Stop(const Request& request, const Finish& finish);
    // limit_methods.cpp
    void Limits(const Request& request, const Finish& finish);
    void Groups(const Request& request, const Finish& finish);
    void Ban(const Request& request, const Finish& finish);
    void Unban(const Request& request, const Finish& finish);
    void ListBanned(const Request& request, const Finish& finish);
    void Peers(const Request& request, const Finish& finish);
    void AddPeer(const Request& request, const Finish& finish);
    void Broadcast(const Request& request, const Finish& finish);

    /// The values given, in whatever form: as positional arguments, as one list, as one text with
    /// commas, or under `name`.
    std::vector<std::string> ReadList(const Request& request, std::string_view name) const;

    const AdminTarget target_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    JsonDocument document_;
};

}  // namespace amber::server
