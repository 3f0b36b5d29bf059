// What subscribers of outputs and transactions are told, over the real index, while a random node's
// chain and mempool move: every change of every status once, and nothing else.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "index/lookup.h"
#include "index/mempool/mempool.h"
#include "server/subscriptions/notifier.h"
#include "tests/index/open_index.h"
#include "tests/index/random_node.h"
#include "tests/index/staged_node.h"
#include "tests/support/sanitized.h"

namespace amber::server {
namespace {

using index::OutPoint;
using index::OutpointStatus;

/// An I/O thread's part: the newest view, all of it in memory.
struct Host final : NotifierHost<OutpointSubject> {
    std::optional<index::Query> query;
    std::vector<std::string> lines;

    void Deliver(SessionNumber, const Notice& notice) override { lines.push_back(notice.line); }
    std::optional<OutpointStatus> StatusFromMemory(const OutPoint& outpoint) override {
        return StatusOf(*query, outpoint);
    }
    bool StatusFromDisk(const OutPoint&) override { return false; }
};

/// Where its funding and its spending transaction are: "-" nowhere, "-1", "0", or "+" in a block.
std::string NameOf(const OutpointStatus& status) {
    const auto place = [](std::optional<std::int32_t> height) {
        if (!height) return std::string("-");
        return *height > 0 ? "+" : std::to_string(*height);
    };
    return place(status.funder_height) + '/' +
           place(status.spender ? std::optional(status.spender->height) : std::nullopt);
}

/// An index and its mempool that follow a random node.
struct OutpointLife : testing::Test {
    OutpointLife() : index(index::Regtest(), folder.Path()) {}

    void Follow() {
        std::map<index::Txid, index::Bytes> raw;
        for (const auto& [txid, tx] : world.Mempool()) raw[txid] = tx.Write(tx.HasWitness());
        node.SetBoth(world.Blocks(), std::move(raw));
        const auto& chain = world.Blocks();
        bool disconnected = false;
        for (const auto& tip = index.processor.GetTip();
             tip &&
             (tip->height.value >= chain.size() || chain[tip->height.value]->hash != tip->hash);) {
            ASSERT_TRUE(index.processor.Disconnect());
            disconnected = true;
        }
        for (auto h = index.processor.NextHeight().value; h < chain.size(); ++h) {
            index.processor.Connect(*chain[h], index::BlockProcessor::Undo::keep);
            index.processor.Flush();
            mempool.ApplyBlock(*chain[h]);
        }
        if (disconnected) mempool.Revalidate();
        const auto refreshed = mempool.Refresh(node, index.processor.GetTip()->hash);
        ASSERT_TRUE(refreshed && *refreshed);
    }

    /// As an I/O thread moves to a new view.
    void Announce() {
        host.query.emplace(index.MakeView(mempool.View()), index::store::Reach::disk);
        for (const auto& touched : {index.processor.TakeTouchedTxs(), mempool.TakeTouchedTxs()})
            notifier.Touch(touched);
        while (notifier.Work(10)) {
        }
    }

    /// Subscribes to some outputs of the node, most of which we have not yet heard of, and to some
    /// transactions.
    void SubscribeToSome(std::map<OutPoint, OutpointStatus>& told) {
        const auto subscribe = [&](const OutPoint& outpoint) {
            if (told.contains(outpoint)) return;
            const OutpointStatus status = StatusOf(*host.query, outpoint);
            ASSERT_FALSE(notifier.Subscribe(1, outpoint, status));
            told[outpoint] = status;
        };
        for (const auto& [txid, tx] : world.Mempool())
            for (std::uint32_t i = 0; i <= tx.outputs.size(); ++i) subscribe({txid, i});
        for (const auto& tx : world.Blocks().back()->txs) {
            subscribe({tx.txid, kWholeTransaction});
            for (std::uint32_t i = 0; i < tx.output_count; ++i) subscribe({tx.txid, i});
        }
    }

    index::RandomNode world{index::TestSeed()};
    index::TempFolder folder;
    index::OpenIndex index;
    index::StagedNode node;
    index::store::Reader reader{index.store, index::store::Reach::disk};
    index::Mempool mempool{*index::Regtest().codec, [this](const OutPoint& outpoint) {
                               auto h = reader.Prefixed(index::store::Table::h);
                               return FindUnspent(reader, h, outpoint,
                                                  index::Certainty::always_compare);
                           }};
    Host host;
    Notifier<OutpointSubject> notifier{host};
};

TEST_F(OutpointLife, EveryChangeIsToldOnce) {
    std::map<OutPoint, OutpointStatus> told;
    // Changes by what they are, so that none of the ways goes untested.
    std::map<std::string, int> seen;
    for (int i = 0; i < 5; ++i) world.Mine();
    ASSERT_NO_FATAL_FAILURE(Follow());
    Announce();
    for (int step = 0; step < (kSanitized ? 60 : 250); ++step) {
        SCOPED_TRACE(step);
        const auto dice = world.Below(20);
        for (std::uint32_t n = world.Below(4); n > 0; --n) world.AddTx();
        if (dice < 3) world.ReplaceTx();
        if (dice == 5) world.EvictTx();
        if (dice == 6 || dice == 7) world.Mine();
        if (dice == 8) world.Reorganise(1 + world.Below(4), world.Below(5));
        ASSERT_NO_FATAL_FAILURE(SubscribeToSome(told));
        ASSERT_NO_FATAL_FAILURE(Follow());
        Announce();
        const index::NaiveModel chain(world.Blocks());
        const auto model = world.Model(chain);
        const auto truth = [&](const OutPoint& outpoint) {
            if (outpoint.index != kWholeTransaction) return model.Outpoint(outpoint);
            OutpointStatus status;
            if (const auto height = model.HeightOf(outpoint.txid))
                status.funder_height = std::max(*height, 0);
            return status;
        };
        std::multiset<std::string> wanted;
        for (auto& [outpoint, last] : told) {
            const OutpointStatus now = truth(outpoint);
            if (now == last) continue;
            wanted.insert(OutpointSubject::NoticeOf(outpoint, now).line);
            ++seen[NameOf(last) + " to " + NameOf(now)];
            last = now;
        }
        ASSERT_EQ(std::multiset<std::string>(host.lines.begin(), host.lines.end()), wanted);
        host.lines.clear();
    }
    // It comes, confirms, is spent, that confirms too, and all of it back; parents that confirm.
    if (kSanitized) return;
    for (const char* change :
         {"-/- to 0/-", "0/- to +/-", "+/- to +/0", "+/0 to +/+", "+/+ to +/0", "+/0 to +/-",
          "+/- to 0/-", "0/- to -/-", "-1/- to 0/-", "+/-1 to +/0"})
        EXPECT_GT(seen[change], 0) << change;
}

}  // namespace
}  // namespace amber::server
