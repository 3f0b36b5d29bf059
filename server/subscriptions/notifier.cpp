#include "server/subscriptions/notifier.h"

namespace amber::server {

template <class Subject>
std::optional<RpcError> Notifier<Subject>::Subscribe(SessionNumber session, const Key& key,
                                                     const Status& status) {
    const auto added = table_.Add(session, key);
    if (added.number == Table::kNone)
        return RpcError{RpcFault::limit, "Subscription limit reached"};
    if (added.is_new)
        table_.At(added.number).last_sent = Subject::Digest(status);
    else
        Update(added.number, status, session);
    return std::nullopt;
}

template <class Subject>
void Notifier<Subject>::Update(Number number, const Status& status,
                               std::optional<SessionNumber> knows) {
    auto& watched = table_.At(number);
    const StatusDigest digest = Subject::Digest(status);
    if (digest == watched.last_sent) return;
    watched.last_sent = digest;
    const Notice notice = Subject::NoticeOf(watched.key, status);
    table_.ForEachSubscriber(number, [&](SessionNumber session) {
        if (session == knows) return;
        ++sent_;
        host_.Deliver(session, notice);
    });
}

template <class Subject>
void Notifier<Subject>::Queue(Number number) {
    if (table_.At(number).queued) return;
    table_.At(number).queued = true;
    queue_.push_back(number);
}

template <class Subject>
void Notifier<Subject>::Touch(std::span<const typename Subject::Touched> touched) {
    if (table_.Size() == 0) return;
    for (const auto& each : touched)
        table_.ForEachNamed(Subject::NameOf(each), [this](Number number) { Queue(number); });
}

template <class Subject>
bool Notifier<Subject>::Work(std::size_t max) {
    for (; max > 0 && !queue_.empty(); --max) {
        const Number number = queue_.front();
        auto& watched = table_.At(number);
        if (watched.queued) {
            if (const auto status = host_.StatusFromMemory(watched.key)) {
                Update(number, *status, std::nullopt);
            } else {
                if (disk_reads_ == kMaxDiskReads || !host_.StatusFromDisk(watched.key))
                    return false;
                ++disk_reads_;
            }
            watched.queued = false;
        }
        queue_.pop_front();
    }
    return !queue_.empty();
}

template <class Subject>
void Notifier<Subject>::OnStatus(const Key& key, const std::optional<Status>& status,
                                 bool current) {
    --disk_reads_;
    const Number number = table_.Find(key);
    if (number == Table::kNone) return;
    if (!status) return;  // the database is broken: the process is about to end
    if (!current)
        Queue(number);
    else
        Update(number, *status, std::nullopt);
}

template class Notifier<ScriptSubject>;
template class Notifier<OutpointSubject>;

}  // namespace amber::server
