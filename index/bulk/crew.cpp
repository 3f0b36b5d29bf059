#include "index/bulk/crew.h"

#include <utility>

namespace amber::index::bulk {

Crew::Crew(std::size_t size) {
    try {
        for (std::size_t share = 1; share < size; ++share)
            threads_.emplace_back([this, share] { Serve(share); });
    } catch (...) {  // those that were made wait already
        End();
        throw;
    }
}

Crew::~Crew() { End(); }

void Crew::End() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    begun_.notify_all();
}

void Crew::Run(const std::function<void(std::size_t)>& work) {
    {
        const std::lock_guard lock(mutex_);
        work_ = &work;
        at_work_ = threads_.size();
        ++times_;
    }
    begun_.notify_all();
    Do(0, work);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return at_work_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Crew::Serve(std::size_t share) {
    std::unique_lock lock(mutex_);
    for (std::uint64_t last = 0;;) {
        begun_.wait(lock, [&] { return ended_ || times_ != last; });
        if (ended_) return;
        last = times_;
        const auto& work = *work_;
        lock.unlock();
        Do(share, work);
        lock.lock();
        if (--at_work_ == 0) done_.notify_one();
    }
}

void Crew::Do(std::size_t share, const std::function<void(std::size_t)>& work) {
    try {
        work(share);
    } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
    }
}

}  // namespace amber::index::bulk
