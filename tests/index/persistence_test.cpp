// What views share with the sync thread: copies keep what they held, on whatever thread they are
// read and given up. Run under ThreadSanitizer, the second half shows that an edit in place comes
// after the last read of a copy that is gone.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "index/mempool/cow_map.h"
#include "index/query/tx_counts.h"

namespace amber::index {
namespace {

struct Copies {
    CowMap<std::uint64_t, std::uint64_t> map;
    TxCounts counts;
};

TEST(Persistence, CopiesKeepWhatTheyHeld) {
    Copies now;
    for (std::uint64_t i = 0; i < 3000; ++i) {
        now.map.Edit(i) = i;
        now.counts.Append(i);
    }
    const Copies then = now;
    for (std::uint64_t i = 0; i < 3000; i += 2) now.map.Erase(i);
    now.map.Edit(1) = 7;
    now.counts.Truncate(1500);
    now.counts.Append(9000);

    EXPECT_EQ(then.map.size(), 3000U);
    EXPECT_EQ(now.map.size(), 1500U);
    for (std::uint64_t i = 0; i < 3000; ++i) {
        ASSERT_NE(then.map.Find(i), nullptr);
        EXPECT_EQ(*then.map.Find(i), i);
        EXPECT_EQ(then.counts.Through({static_cast<std::uint32_t>(i)}), i);
    }
    EXPECT_EQ(now.counts.Through({1500}), 9000U);
    EXPECT_EQ(*now.map.Find(1), 7U);
}

TEST(Persistence, ReadersGiveUpCopiesWhileTheWriterEdits) {
    constexpr std::uint64_t kRounds = 3000;
    std::mutex mutex;
    std::shared_ptr<const Copies> published;
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> torn = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                std::shared_ptr<const Copies> copy;
                {
                    const std::lock_guard lock(mutex);
                    copy.swap(published);  // so that a reader is the last to hold it
                }
                if (!copy) continue;
                const std::uint64_t size = copy->counts.size();
                if (copy->counts.Through({static_cast<std::uint32_t>(size - 1)}) != size) ++torn;
                if (*copy->map.Find(0) != size) ++torn;
            }
        });
    }
    Copies now;
    for (std::uint64_t i = 1; i <= kRounds; ++i) {
        now.map.Edit(0) = i;
        now.counts.Append(i);
        if (i % 4 == 0) {
            auto copy = std::make_shared<const Copies>(now);
            const std::lock_guard lock(mutex);
            published = std::move(copy);
        }
    }
    stop = true;
    readers.clear();
    EXPECT_EQ(torn, 0U);
}

}  // namespace
}  // namespace amber::index
