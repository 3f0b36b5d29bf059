#include "server/subscriptions/notifier.h"

#include <string>

#include "server/protocol/answer.h"
#include "server/protocol/json_writer.h"

namespace amber::server {
namespace {

std::string NotificationOf(const index::ScriptHash& script,
                           const std::optional<index::StatusHash>& status) {
    std::string params;
    JsonWriter writer(params);
    writer.Raw('[').DisplayHex(script).Raw(',');
    if (status)
        writer.Hex(status->View());
    else
        writer.Raw("null");
    writer.Raw(']');
    std::string line;
    AppendNotification(line, "blockchain.scripthash.subscribe", params);
    return line;
}

}  // namespace

std::optional<RpcError> Notifier::Subscribe(SessionNumber session, const index::ScriptHash& script,
                                            const std::optional<index::StatusHash>& status) {
    const auto added = table_.Add(session, script);
    if (added.script == SubscriptionTable::kNone)
        return RpcError{RpcFault::limit, "Subscription limit reached"};
    if (added.new_script)
        table_.At(added.script).last_sent = Digest(status);
    else
        Update(added.script, status, session);
    return std::nullopt;
}

void Notifier::Update(SubscriptionTable::Number number,
                      const std::optional<index::StatusHash>& status,
                      std::optional<SessionNumber> knows) {
    SubscriptionTable::Script& script = table_.At(number);
    const StatusDigest digest = Digest(status);
    if (digest == script.last_sent) return;
    script.last_sent = digest;
    const std::string line = NotificationOf(script.hash, status);
    table_.ForEachSubscriber(number, [&](SessionNumber session) {
        if (session == knows) return;
        ++sent_;
        host_.Deliver(session, line);
    });
}

void Notifier::Queue(SubscriptionTable::Number script) {
    if (table_.At(script).queued) return;
    table_.At(script).queued = true;
    queue_.push_back(script);
}

void Notifier::Touch(std::span<const index::HashX> names) {
    if (table_.Size() == 0) return;
    for (const index::HashX& name : names)
        table_.ForEachNamed(name, [this](SubscriptionTable::Number script) { Queue(script); });
}

bool Notifier::Work(std::size_t max) {
    for (; max > 0 && !queue_.empty(); --max) {
        const SubscriptionTable::Number number = queue_.front();
        SubscriptionTable::Script& script = table_.At(number);
        if (script.queued) {
            const auto status = host_.StatusFromMemory(script.hash);
            if (!status) {
                if (disk_reads_ == kMaxDiskReads || !host_.StatusFromDisk(script.hash))
                    return false;
                ++disk_reads_;
            } else if (*status) {
                Update(number, **status, std::nullopt);
            }
            // A history that has grown too large keeps its subscription and is told nothing.
            script.queued = false;
        }
        queue_.pop_front();
    }
    return !queue_.empty();
}

void Notifier::OnStatus(const index::ScriptHash& hash, const std::optional<StatusResult>& result,
                        bool current) {
    --disk_reads_;
    const SubscriptionTable::Number script = table_.Find(hash);
    if (script == SubscriptionTable::kNone) return;
    if (!result) return;  // the database is broken: the process is about to end
    if (!current)
        Queue(script);
    else if (*result)
        Update(script, **result, std::nullopt);
}

}  // namespace amber::server
