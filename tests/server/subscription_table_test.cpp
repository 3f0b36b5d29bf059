#include "server/subscriptions/subscription_table.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>
#include <set>

#include "tests/support/sanitized.h"

namespace amber::server {
namespace {

/// Few different names, several scripts to each: collisions of short names are common.
index::ScriptHash Script(unsigned number) {
    index::ScriptHash hash;
    hash.bytes[0] = static_cast<std::uint8_t>(number / 4);
    hash.bytes[31] = static_cast<std::uint8_t>(number % 4);
    return hash;
}

using Table = SubscriptionTable<ScriptSubject>;
using Model = std::map<index::ScriptHash, std::set<SessionNumber>>;

void ExpectEqual(Table& table, const Model& model) {
    std::size_t size = 0;
    std::map<SessionNumber, std::size_t> by_session;
    for (unsigned n = 0; n < 80; ++n) {
        const index::ScriptHash script = Script(n);
        const auto number = table.Find(script);
        const auto wanted = model.find(script);
        ASSERT_EQ(number != Table::kNone, wanted != model.end());
        if (wanted == model.end()) continue;
        std::set<SessionNumber> subscribers;
        table.ForEachSubscriber(number, [&](SessionNumber session) {
            ASSERT_TRUE(subscribers.insert(session).second) << "twice";
        });
        ASSERT_EQ(subscribers, wanted->second);
        size += subscribers.size();
        for (const SessionNumber session : subscribers) ++by_session[session];
        unsigned found = 0;
        table.ForEachNamed(index::ToHashX(script), [&](Table::Number named) {
            if (named == number) ++found;
            ASSERT_EQ(index::ToHashX(table.At(named).key), index::ToHashX(script));
        });
        ASSERT_EQ(found, 1u);
    }
    ASSERT_EQ(table.Size(), size);
    for (SessionNumber session = 0; session < 10; ++session)
        ASSERT_EQ(table.SizeOf(session), by_session[session]);
}

TEST(SubscriptionTable, EqualsANaiveModel) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    Table table;
    Model model;
    for (int step = 0; step < 20'000; ++step) {
        const SessionNumber session = random() % 10;
        const index::ScriptHash script = Script(random() % 80);
        switch (random() % 8) {
            case 0: {
                table.RemoveSession(session);
                for (auto entry = model.begin(); entry != model.end();) {
                    entry->second.erase(session);
                    entry = entry->second.empty() ? model.erase(entry) : std::next(entry);
                }
                break;
            }
            case 1:
            case 2: {
                const bool had = model.contains(script) && model[script].erase(session) > 0;
                if (model.contains(script) && model[script].empty()) model.erase(script);
                ASSERT_EQ(table.Remove(session, script), had);
                break;
            }
            default: {
                const bool fresh = !model.contains(script);
                model[script].insert(session);
                const auto added = table.Add(session, script);
                ASSERT_NE(added.number, Table::kNone);
                ASSERT_EQ(added.is_new, fresh);
                ASSERT_EQ(table.At(added.number).key, script);
            }
        }
        if (step % 100 == 0) ExpectEqual(table, model);
    }
    ExpectEqual(table, model);
}

TEST(SubscriptionTable, RefusesScriptsMadeToCollide) {
    Table table;
    index::ScriptHash script;
    for (unsigned n = 0; n < ScriptSubject::kMaxSameName; ++n) {
        script.bytes[31] = static_cast<std::uint8_t>(n);
        EXPECT_NE(table.Add(1, script).number, Table::kNone);
    }
    script.bytes[31] = 0xff;
    EXPECT_EQ(table.Add(1, script).number, Table::kNone);
    EXPECT_EQ(table.Size(), ScriptSubject::kMaxSameName);
    script.bytes[31] = 0;
    EXPECT_TRUE(table.Remove(1, script));
    script.bytes[31] = 0xff;
    EXPECT_NE(table.Add(1, script).number, Table::kNone);
}

TEST(SubscriptionTable, AHundredBytesPerSubscription) {
    if (kSanitized) GTEST_SKIP() << "a sanitizer keeps the heap";
    std::mt19937_64 random(1);
    // What is worst for a table that doubles lies between the powers of two.
    for (const std::size_t scripts : {940'000u, 1'000'000u, 1'840'000u}) {
        constexpr std::size_t kPerSession = 50;
        Table table;
        const auto before = mallinfo2();
        for (std::size_t n = 0; n < scripts; ++n) {
            index::ScriptHash script;
            for (std::uint8_t& byte : script.bytes) byte = static_cast<std::uint8_t>(random());
            table.Add(static_cast<SessionNumber>(n / kPerSession), script);
        }
        const auto after = mallinfo2();
        const auto bytes =
            (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / scripts;
        EXPECT_GE(bytes, sizeof(Table::Watched)) << "is not counted right";
        EXPECT_LE(bytes, 100) << scripts;
    }
}

}  // namespace
}  // namespace amber::server
