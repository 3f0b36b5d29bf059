#pragma once
#include <unistd.h>

#include <utility>

namespace amber::server {

/// Owns a file descriptor, or none.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { Reset(); }
    Descriptor(Descriptor&& other) noexcept : number_(other.Release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        Reset(other.Release());
        return *this;
    }

    [[nodiscard]] int Get() const { return number_; }
    [[nodiscard]] bool IsOpen() const { return number_ >= 0; }
    [[nodiscard]] int Release() { return std::exchange(number_, -1); }
    void Reset(int number = -1) {
        const int old = std::exchange(number_, number);
        if (old >= 0) close(old);
    }

private:
    int number_ = -1;
};

}  // namespace amber::server
