#include "index/chain/byte_reader.h"

#include <gtest/gtest.h>

namespace amber::index {
namespace {

TEST(ByteReader, ReadsLittleEndian) {
    const Bytes bytes{1, 2, 1, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1, 9};
    ByteReader in(bytes);
    EXPECT_EQ(in.U8(), 1);
    EXPECT_EQ(in.U16(), 0x0102);
    EXPECT_EQ(in.U32(), 0x01020304u);
    EXPECT_EQ(in.U64(), 0x0102030405060708u);
    EXPECT_EQ(in.Offset(), 15u);
    EXPECT_EQ(in.Peek(), 9);
    EXPECT_EQ(in.Left(), 1u);
    EXPECT_TRUE(in.Ok());
}

TEST(ByteReader, StaysRefusedAfterOneReadTooFar) {
    const Bytes bytes{1, 2, 3};
    ByteReader in(bytes);
    EXPECT_EQ(in.U32(), 0u);
    EXPECT_FALSE(in.Ok());
    EXPECT_FALSE(in.NotMinimal());
    EXPECT_EQ(in.Offset(), 0u);
    EXPECT_EQ(in.U8(), 0);
    EXPECT_TRUE(in.Take(1).empty());
    EXPECT_EQ(in.Peek(), 0);
    EXPECT_FALSE(in.Ok());
}

TEST(ByteReader, TakeOfAHugeSizeIsRefused) {
    const Bytes bytes{1, 2, 3};
    ByteReader in(bytes);
    in.U8();
    EXPECT_TRUE(in.Take(~std::size_t{0}).empty());
    EXPECT_FALSE(in.Ok());
}

struct CompactCase {
    Bytes bytes;
    std::uint64_t value;
};

TEST(ByteReader, CompactSizeInItsShortestForm) {
    const CompactCase cases[] = {
        {{0x00}, 0},
        {{0xfc}, 0xfc},
        {{0xfd, 0xfd, 0x00}, 0xfd},
        {{0xfd, 0xff, 0xff}, 0xffff},
        {{0xfe, 0x00, 0x00, 0x01, 0x00}, 0x10000},
        {{0xfe, 0xff, 0xff, 0xff, 0xff}, 0xffffffff},
        {{0xff, 0, 0, 0, 0, 1, 0, 0, 0}, 0x100000000},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0xffffffffffffffff},
    };
    for (const CompactCase& c : cases) {
        ByteReader in(c.bytes);
        EXPECT_EQ(in.CompactSize(), c.value);
        EXPECT_TRUE(in.Ok());
        EXPECT_EQ(in.Left(), 0u);
        for (std::size_t size = 0; size < c.bytes.size(); ++size) {
            ByteReader cut(ByteView(c.bytes).first(size));
            EXPECT_EQ(cut.CompactSize(), 0u);
            EXPECT_FALSE(cut.Ok());
            EXPECT_FALSE(cut.NotMinimal());
            EXPECT_EQ(cut.Offset(), 0u);
        }
    }
}

TEST(ByteReader, CompactSizeInALongerFormIsRefused) {
    const Bytes cases[] = {
        {0xfd, 0xfc, 0x00},
        {0xfd, 0x00, 0x00},
        {0xfe, 0xff, 0xff, 0x00, 0x00},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
    };
    for (const Bytes& bytes : cases) {
        ByteReader in(bytes);
        EXPECT_EQ(in.CompactSize(), 0u);
        EXPECT_FALSE(in.Ok());
        EXPECT_TRUE(in.NotMinimal());
        EXPECT_EQ(in.Offset(), 0u);
    }
}

}  // namespace
}  // namespace amber::index
