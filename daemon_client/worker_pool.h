#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace amber::daemon_client {

/// Threads that run tasks in the order they came. Thread-safe. The queue is bounded by who posts.
class WorkerPool {
public:
    /// `name` of the threads, at most 15 characters.
    WorkerPool(unsigned threads, const std::string& name);
    ~WorkerPool();

    void Post(std::function<void()> task);
    /// Finishes the tasks at hand, drops the waiting ones. Idempotent.
    void Stop();

private:
    void Run();

    std::mutex mutex_;
    std::condition_variable posted_;
    std::deque<std::function<void()>> tasks_;  // guarded by mutex_
    bool stopped_ = false;                     // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace amber::daemon_client
