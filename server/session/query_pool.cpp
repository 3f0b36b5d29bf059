#include "server/session/query_pool.h"

#include <chrono>
#include <optional>

#include "server/wire/thread_name.h"

namespace amber::server {

/// An idle thread lets go of an old view after this, so that the store can drop its snapshot.
constexpr std::chrono::milliseconds kIdleCheck{500};

void QueryPool::Start(ServedViewPtr view) {
    {
        const std::lock_guard lock(mutex_);
        view_ = std::move(view);
        running_ = true;
    }
    for (unsigned i = 0; i < thread_count_; ++i) threads_.emplace_back([this, i] { Run(i); });
}

void QueryPool::SetView(ServedViewPtr view) {
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
}

bool QueryPool::Submit(Asker asker, Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (!running_ || !jobs_.Push(asker, std::move(job))) return false;
    }
    wake_.notify_one();
    return true;
}

void QueryPool::Stop() {
    {
        const std::lock_guard lock(mutex_);
        running_ = false;
        jobs_.Clear();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    const std::lock_guard lock(mutex_);
    view_.reset();
}

void QueryPool::Run(unsigned number) {
    NameThisThread("query-" + std::to_string(number));
    ServedViewPtr served;
    std::optional<index::Query> query;
    std::unique_lock lock(mutex_);
    while (running_) {
        if (jobs_.IsEmpty()) {
            if (served && served != view_) {
                lock.unlock();
                query.reset();
                served.reset();
                lock.lock();
                continue;
            }
            if (served)
                wake_.wait_for(lock, kIdleCheck);
            else
                wake_.wait(lock);
            continue;
        }
        Job job = jobs_.Pop();
        const ServedViewPtr newest = view_;
        lock.unlock();
        if (served != newest) {
            query.emplace(newest->view, index::store::Reach::disk);
            served = newest;
        }
        job(*served, *query);
        job = nullptr;
        lock.lock();
    }
}

}  // namespace amber::server
