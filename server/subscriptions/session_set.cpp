#include "server/subscriptions/session_set.h"

namespace amber::server {

void SessionSet::Add(SessionNumber session) {
    Resize(count_ + 1);
    Data()[count_ - 1] = session;
}

bool SessionSet::Remove(SessionNumber session) {
    SessionNumber* const begin = Data();
    SessionNumber* const end = begin + count_;
    SessionNumber* const found = std::find(begin, end, session);
    if (found == end) return false;
    *found = end[-1];
    Resize(count_ - 1);
    return true;
}

void SessionSet::Resize(std::uint32_t count) {
    const bool had_array = count_ > kInline, wants_array = count > kInline;
    if ((had_array || wants_array) && !(had_array && wants_array && Room(count) == Room(count_))) {
        SessionNumber* const old = Data();
        SessionNumber few[kInline] = {};
        SessionNumber* const now = wants_array ? new SessionNumber[Room(count)] : few;
        std::copy_n(old, std::min(count, count_), now);
        if (had_array) delete[] old;
        if (wants_array)
            many_ = now;
        else
            std::copy_n(few, kInline, few_);
    }
    count_ = count;
}

}  // namespace amber::server
