#pragma once
#include <cstdint>

#include "index/chain/bytes.h"

namespace amber::generator {

using index::Bytes;
using index::ByteView;

/// Appends Bitcoin's wire encodings (little-endian integers, compact sizes) to a byte vector.
class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    void U8(std::uint8_t value) { out_.push_back(value); }
    void U32(std::uint32_t value) { LittleEndian(value, 4); }
    void U64(std::uint64_t value) { LittleEndian(value, 8); }
    void Raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    void CompactSize(std::uint64_t value) {
        if (value < 0xfd) {
            U8(static_cast<std::uint8_t>(value));
        } else if (value <= 0xffff) {
            U8(0xfd);
            LittleEndian(value, 2);
        } else {
            U8(0xfe);
            U32(static_cast<std::uint32_t>(value));
        }
    }
    void Sized(ByteView bytes) {
        CompactSize(bytes.size());
        Raw(bytes);
    }
    /// The script operation that pushes `bytes` (at most 65,535 of them).
    void Push(ByteView bytes) {
        if (bytes.size() < 0x4c) {
            U8(static_cast<std::uint8_t>(bytes.size()));
        } else if (bytes.size() <= 0xff) {
            U8(0x4c);
            U8(static_cast<std::uint8_t>(bytes.size()));
        } else {
            U8(0x4d);
            LittleEndian(bytes.size(), 2);
        }
        Raw(bytes);
    }

private:
    void LittleEndian(std::uint64_t value, int size) {
        for (int i = 0; i < size; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    Bytes& out_;
};

}  // namespace amber::generator
