#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace amber::index::bulk {

/// Threads that wait for work, which they and the caller do together, a share each: for work of a
/// millisecond, many times. Owns the threads but the caller's. Thread: one calls.
class Crew {
public:
    /// With the caller; at least 1.
    explicit Crew(std::size_t size);
    ~Crew();
    Crew(const Crew&) = delete;

    /// work(share) for 0 to size - 1, all at a time. Returns when all are done; throws what one of
    /// them threw.
    void Run(const std::function<void(std::size_t share)>& work);

private:
    void Serve(std::size_t share);
    /// Sends the threads home.
    void End();
    void Do(std::size_t share, const std::function<void(std::size_t)>& work);

    std::mutex mutex_;  ///< guards all below but the threads
    std::condition_variable begun_, done_;
    const std::function<void(std::size_t)>* work_ = nullptr;
    std::uint64_t times_ = 0;  ///< work was begun
    std::size_t at_work_ = 0;  ///< of the threads
    bool ended_ = false;
    std::exception_ptr failure_;
    std::vector<std::jthread> threads_;
};

}  // namespace amber::index::bulk
