#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "index/query/query.h"
#include "server/methods/served_view.h"
#include "server/session/fair_queue.h"

namespace amber::server {

/// Threads ("query-N") for reads that may wait for the disk. A job gets the newest view there is
/// when it starts, not when it was submitted. Askers are served in turn; at `max_queue` jobs only
/// the first of an asker is still taken, at twice that none. Thread-safe.
class QueryPool {
public:
    /// Must not throw.
    using Job = std::function<void(const ServedView& served, index::Query& query)>;
    /// A session's id, or kOwn of the queue.
    using Asker = FairQueue<Job>::Asker;
    static constexpr Asker kOwn = FairQueue<Job>::kOwn;

    QueryPool(unsigned threads, std::size_t max_queue) : thread_count_(threads), jobs_(max_queue) {}
    ~QueryPool() { Stop(); }

    void Start(ServedViewPtr view);
    void SetView(ServedViewPtr view);
    /// False if the queue is full or the pool is not running; the job is dropped then.
    [[nodiscard]] bool Submit(Asker asker, Job job);
    /// Drops the jobs that wait, finishes those that run.
    void Stop();

private:
    void Run(unsigned number);

    const unsigned thread_count_;
    std::mutex mutex_;  ///< guards view_, jobs_, running_
    std::condition_variable wake_;
    ServedViewPtr view_;
    FairQueue<Job> jobs_;
    bool running_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace amber::server
