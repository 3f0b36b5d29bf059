#pragma once
#include <cstdint>
#include <string_view>

#include "index/chain/bytes.h"

namespace amber::daemon_client {

/// Appends little-endian wire bytes; the counterpart of index::ByteReader. Borrows `out`.
class WireWriter {
public:
    explicit WireWriter(index::Bytes& out) : out_(out) {}

    void U32(std::uint32_t value) { Int(value, 4); }
    void U64(std::uint64_t value) { Int(value, 8); }
    /// CompactSize, in its shortest form.
    void Size(std::uint64_t value) {
        if (value < 0xfd) return Int(value, 1);
        const int width = value <= 0xffff ? 2 : value <= 0xffff'ffff ? 4 : 8;
        Int(width == 2 ? 0xfd : width == 4 ? 0xfe : 0xff, 1);
        Int(value, width);
    }
    void Raw(index::ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    void Raw(std::string_view text) { out_.insert(out_.end(), text.begin(), text.end()); }
    void Zeros(std::size_t count) { out_.insert(out_.end(), count, 0); }

private:
    void Int(std::uint64_t value, int width) {
        for (int i = 0; i < width; ++i) out_.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    }

    index::Bytes& out_;
};

}  // namespace amber::daemon_client
