#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "index/query/query.h"
#include "server/methods/served_view.h"

namespace amber::server {

/// Threads ("query-N") for reads that may wait for the disk. A job gets the newest view there is
/// when it starts, not when it was submitted. Thread-safe. At most `max_queue` jobs wait.
class QueryPool {
public:
    /// Must not throw.
    using Job = std::function<void(const ServedView& served, index::Query& query)>;

    QueryPool(unsigned threads, std::size_t max_queue)
        : thread_count_(threads), max_queue_(max_queue) {}
    ~QueryPool() { Stop(); }

    void Start(ServedViewPtr view);
    void SetView(ServedViewPtr view);
    /// False if the queue is full or the pool is not running; the job is dropped then.
    [[nodiscard]] bool Submit(Job job);
    /// Drops the jobs that wait, finishes those that run.
    void Stop();

private:
    void Run(unsigned number);

    const unsigned thread_count_;
    const std::size_t max_queue_;
    std::mutex mutex_;  ///< guards view_, jobs_, running_
    std::condition_variable wake_;
    ServedViewPtr view_;
    std::deque<Job> jobs_;
    bool running_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace amber::server
