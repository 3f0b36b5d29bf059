#include "index/sync_inbox.h"

#include <utility>

namespace amber::index {

void SyncInbox::Post(const NodeEvent& event) {
    const std::lock_guard lock(mutex_);
    switch (event.kind) {
        case NodeEvent::Kind::tip_changed:
            contents_.tip_changed = true;
            break;
        case NodeEvent::Kind::mempool_changed:
            contents_.mempool_changed = true;
            break;
        case NodeEvent::Kind::tx_added:
            contents_.added.push_back(event.txid);
            break;
        case NodeEvent::Kind::tx_removed:
            contents_.removed.push_back(event.txid);
            break;
    }
    if (contents_.added.size() + contents_.removed.size() > kTxEventsMax) {
        contents_.added.clear();
        contents_.removed.clear();
        contents_.mempool_changed = true;
    }
    changed_.notify_one();
}

void SyncInbox::Post(ReorgRequest request) {
    const std::lock_guard lock(mutex_);
    contents_.reorgs.push_back(std::move(request));
    changed_.notify_one();
}

void SyncInbox::Stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
}

bool SyncInbox::Stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

bool SyncInbox::HasMail() const {
    return contents_.tip_changed || contents_.mempool_changed || !contents_.added.empty() ||
           !contents_.removed.empty() || !contents_.reorgs.empty();
}

SyncInbox::Contents SyncInbox::Take(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return stopping_ || HasMail(); });
    return std::exchange(contents_, {});
}

}  // namespace amber::index
