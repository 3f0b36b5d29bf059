#include "daemon_client/worker_pool.h"

#include <pthread.h>

namespace amber::daemon_client {

WorkerPool::WorkerPool(unsigned threads, const std::string& name) {
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this, name] {
            pthread_setname_np(pthread_self(), name.c_str());
            Run();
        });
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Post(std::function<void()> task) {
    {
        std::lock_guard lock(mutex_);
        if (stopped_) return;
        tasks_.push_back(std::move(task));
    }
    posted_.notify_one();
}

void WorkerPool::Stop() {
    std::deque<std::function<void()>> dropped;  // ends without the lock: it may call
    {
        std::lock_guard lock(mutex_);
        stopped_ = true;
        dropped.swap(tasks_);
    }
    posted_.notify_all();
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

void WorkerPool::Run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        posted_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
        if (stopped_) return;
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

}  // namespace amber::daemon_client
