#pragma once
#include <atomic>

namespace amber::server {

/// A setting that one thread changes while others read it. Each read stands for itself: two of them
/// may see different values. Thread-safe.
template <class T>
class Live {
public:
    Live(T value) : value_(value) {}
    Live(const Live& other) : value_(other.Get()) {}
    Live& operator=(T value) {
        value_.store(value, std::memory_order_relaxed);
        return *this;
    }
    Live& operator=(const Live& other) { return *this = other.Get(); }
    [[nodiscard]] T Get() const { return value_.load(std::memory_order_relaxed); }
    operator T() const { return Get(); }

private:
    std::atomic<T> value_;
};

}  // namespace amber::server
