#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace amber::index::bulk {

/// Memory for the rows of one partition at a time, kept from one to the next. One thread.
class RowBuffer {
public:
    /// `count` bytes of any content; those handed out before are gone.
    [[nodiscard]] std::span<std::uint8_t> Take(std::size_t count) {
        if (count > size_) {
            bytes_.reset();  // before the larger one is there
            bytes_.reset(new std::uint8_t[count]);
            size_ = count;
        }
        return {bytes_.get(), count};
    }

private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::size_t size_ = 0;
};

}  // namespace amber::index::bulk
