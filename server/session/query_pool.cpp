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

bool QueryPool::Submit(Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (!running_ || jobs_.size() >= max_queue_) return false;
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void QueryPool::Stop() {
    {
        const std::lock_guard lock(mutex_);
        running_ = false;
        jobs_.clear();
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
        if (jobs_.empty()) {
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
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
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
