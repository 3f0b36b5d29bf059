#include "daemon_client/block_files/xor_key.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/daemon_client/block_files/block_directory.h"

namespace amber::daemon_client {
namespace {

constexpr std::array<std::uint8_t, 8> kKey = {1, 2, 3, 4, 5, 6, 7, 0x80};

TEST(XorKey, EveryOffsetAndLength) {
    const XorKey key(kKey);
    std::mt19937 random(1);
    for (std::uint64_t offset = 0; offset < 20; ++offset) {
        for (std::size_t size = 0; size < 40; ++size) {
            index::Bytes plain(size), masked(size);
            for (std::size_t i = 0; i < size; ++i) {
                plain[i] = static_cast<std::uint8_t>(random());
                masked[i] = plain[i] ^ kKey[(offset + i) % 8];
            }
            key.Apply(masked, offset);
            EXPECT_EQ(masked, plain) << offset << ' ' << size;
        }
    }
}

TEST(XorKey, IsReadOrMissingOrRefused) {
    const BlockDirectory plain;
    const auto none = XorKey::Load(plain.Path());
    ASSERT_TRUE(none);
    index::Bytes bytes{1, 2, 3};
    none->Apply(bytes, 5);
    EXPECT_EQ(bytes, (index::Bytes{1, 2, 3}));

    const BlockDirectory masked(kKey);
    const auto key = XorKey::Load(masked.Path());
    ASSERT_TRUE(key);
    key->Apply(bytes, 7);
    EXPECT_EQ(bytes, (index::Bytes{0x81, 3, 1}));

    for (const char* content : {"1234567", "123456789", ""}) {
        std::ofstream(plain.Path() / "xor.dat", std::ios::trunc) << content;
        const auto refused = XorKey::Load(plain.Path());
        ASSERT_FALSE(refused) << content;
        EXPECT_EQ(refused.error().file, plain.Path() / "xor.dat");
    }
}

}  // namespace
}  // namespace amber::daemon_client
