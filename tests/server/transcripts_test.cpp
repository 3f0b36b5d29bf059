// Every method, notification and error as request and exact reply, at the versions wallets speak.
// What the registry lists and no exchange here asks for is a failure.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "index/chain/hex.h"
#include "index/chain/sha256.h"
#include "index/mempool/mempool.h"
#include "server/methods/registry.h"
#include "tests/server/test_server.h"
#include "tests/support/raw_block.h"

namespace amber::test {
namespace {

using index::OutPoint;
using server::ProtocolVersion;

constexpr const char* kVersions[] = {"1.4", "1.4.2", "1.6", "1.7"};

std::string Result(const std::string& result) {
    return R"({"jsonrpc":"2.0","id":1,"result":)" + result + '}';
}
std::string Error(int code, const std::string& message, const std::string& id = "1") {
    return R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" + std::to_string(code) +
           R"(,"message":)" + boost::json::serialize(boost::json::string(message)) + "}}";
}
std::string List(std::initializer_list<std::string> items) {
    std::string list;
    for (const std::string& item : items) list += (list.empty() ? "" : ",") + item;
    return '[' + list + ']';
}

/// The script of number 1, as 1.7 names it. Its hash stands for MakeScript(1).
const index::Bytes kScript = *index::FromHex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac");

/// Serves the transactions it was made with.
class TxSource final : public index::MempoolSource {
public:
    explicit TxSource(const std::vector<index::RawTx>& txs) {
        for (const auto& tx : txs) {
            const index::Bytes raw = tx.Write(false);
            raw_[index::FindCoin("bitcoin", "regtest")->codec->ParseTransaction(raw)->txid] = raw;
        }
    }
    index::NodeResult<Listing> List() override { return Listing{}; }
    index::NodeResult<std::vector<std::optional<index::Bytes>>> Fetch(
        std::span<const Txid> txids) override {
        std::vector<std::optional<index::Bytes>> raw;
        for (const Txid& txid : txids) raw.emplace_back(raw_.at(txid));
        return raw;
    }
    std::vector<Txid> Txids() const {
        std::vector<Txid> txids;
        for (const auto& [txid, raw] : raw_) txids.push_back(txid);
        return txids;
    }

private:
    std::map<Txid, index::Bytes> raw_;
};

/// One transaction of 1,000 satoshis that pays `kept` of them on.
index::RawTx Payment(std::uint64_t kept) {
    index::RawTx tx;
    tx.inputs.push_back({.previous = {MakeTxid(50), static_cast<std::uint32_t>(kept)},
                         .script = {},
                         .witness = {}});
    tx.outputs.push_back({kept, kScript});
    return tx;
}

/// Blocks 0 to 3. Script 1 has a transaction in block 1, and two in the mempool.
struct TranscriptsTest : testing::Test {
    TestServer server;
    const ScriptHash script = index::Sha256As<ScriptHash>(kScript);
    const ScriptHash unused = MakeScript(9);
    const Txid one = MakeTxid(1), two = MakeTxid(2), three = MakeTxid(3), four = MakeTxid(4);
    const index::RawTx payment = Payment(900);
    const std::string payment_hex = index::ToHex(payment.Write(false));

    void SetUp() override {
        auto& world = server.world;
        world.Mine({one, four});
        world.Mine();
        world.Mine();
        world.Add(script, one, 1);
        world.Add(script, two, 0, 250);
        world.Add(script, three, -1, 1000);
        auto& draft = world.Draft();
        draft.balance[script] = {50'000, -3};
        draft.unspent[script] = {{one, 7, 1, 49'000}, {two, 0, 0, 1'000}};
        draft.unconfirmed = {{two, 0}, {three, -1}};
        using Spender = index::OutpointStatus::Spender;
        draft.outpoints[{one, 0}] = {1, std::nullopt};
        draft.outpoints[{one, 1}] = {1, Spender{four, 1}};
        draft.outpoints[{one, 2}] = {1, Spender{two, 0}};
        draft.outpoints[{two, 0}] = {0, Spender{three, -1}};
        draft.outpoints[{three, 0}] = {-1, std::nullopt};
        FillMempool();
        server.node.SetEstimate(0.00012);
        server.node.Set("raw " + ToDisplayHex(one) + ' ' + Block(1) + " 1", payment_hex);
        server.node.Set("verbose " + ToDisplayHex(one) + ' ' + Block(1),
                        std::string(R"({"confirmations":3})"));
        server.node.Set("raw " + ToDisplayHex(three) + " -", payment_hex);
        server.node.Set("broadcast 00ff", ToDisplayHex(two));
        server.node.Set("package 00 ff", std::string(R"({"package_msg":"success"})"));
        server.node.Set("test 00 ff", std::string(R"([{"txid":"t1","wtxid":"w1","allowed":true,)"
                                                  R"("vsize":100},{"txid":"t2","wtxid":"w2",)"
                                                  R"("allowed":false,"reject-reason":"dust",)"
                                                  R"("reject-details":"dust, tx with"}])"));
        server.node.Set("test aa", std::string(R"([{"txid":"t1","wtxid":"w1",)"
                                               R"("package-error":"package-not-sorted"}])"));
        server.node.Set("test bb", Refused(-22, "TX decode failed"));
        server.Start();
    }

    void FillMempool() {
        TxSource source({payment, Payment(990)});
        index::Mempool mempool(*index::FindCoin("bitcoin", "regtest")->codec, [](const OutPoint&) {
            return index::UnspentOutput{.num = {}, .index = 0, .hash_x = {}, .value = 1'000};
        });
        for (const Txid& txid : source.Txids()) EXPECT_TRUE(mempool.Add(source, std::vector{txid}));
        server.world.Draft().mempool = mempool.View();
    }

    std::string HeaderHex(std::size_t height) {
        return index::ToHex(server.world.Draft().headers[height]);
    }
    std::string Block(std::size_t height) {
        return ToDisplayHex(
            index::Sha256dAs<index::BlockHash>(server.world.Draft().headers[height]));
    }
    std::string Tip(std::size_t height) {
        return R"({"hex":")" + HeaderHex(height) + R"(","height":)" + std::to_string(height) + '}';
    }
    /// What mempool.recent is to say: the newest first.
    std::string RecentText() {
        const auto& codec = *index::FindCoin("bitcoin", "regtest")->codec;
        std::vector<std::pair<Txid, int>> txs;  // with their fees
        for (const auto& [tx, fee] : {std::pair(payment, 100), std::pair(Payment(990), 10)})
            txs.emplace_back(codec.ParseTransaction(tx.Write(false))->txid, fee);
        std::sort(txs.begin(), txs.end(), std::greater<>());  // FillMempool() added them by txid
        std::string text;
        for (const auto& [txid, fee] : txs)
            text += (text.empty() ? "" : ",") + (R"({"txid":)" + Quoted(txid)) + R"(,"fee":)" +
                    std::to_string(fee) + R"(,"vsize":)" +
                    std::to_string(payment.Write(false).size()) + '}';
        return '[' + text + ']';
    }
    std::string StatusText() {
        return '"' + index::ToHex(StatusOf(server.world.Draft().history[script])->View()) + '"';
    }
};

/// One request and what it is answered, from one version on and before another.
struct Exchange {
    std::string method, params, reply;
    const char* since = "1.4";
    const char* until = "9";
};

class Transcript {
public:
    explicit Transcript(TestServer& server) : server_(server) {}

    /// Each on a session of its own, at every version that it is for.
    void Run(const std::vector<Exchange>& exchanges) {
        for (const char* version : kVersions)
            for (const Exchange& exchange : exchanges) {
                const auto at = *server::ParseVersion(version);
                if (at < *server::ParseVersion(exchange.since) ||
                    at >= *server::ParseVersion(exchange.until))
                    continue;
                TestClient client = server_.Connect();
                client.Call("server.version", std::string("[\"t\",\"") + version + "\"]");
                EXPECT_EQ(client.Ask(R"({"jsonrpc":"2.0","id":1,"method":")" + exchange.method +
                                     R"(","params":)" + exchange.params + '}'),
                          exchange.reply)
                    << exchange.method << exchange.params << " at " << version;
                if (const auto* method = server::FindMethod(exchange.method, at))
                    asked_.insert({method, at});
            }
    }

    /// Every method has been asked at every version that has it, and is unknown at the others.
    void ExpectComplete() {
        for (const char* version : kVersions)
            for (const server::Method& method : server::Methods()) {
                const auto at = *server::ParseVersion(version);
                const auto* found = server::FindMethod(method.name, at);
                if (found)
                    EXPECT_TRUE(asked_.contains({found, at})) << method.name << " at " << version;
                else
                    Run({{std::string(method.name), "[]",
                          Error(-32601, "unknown method \"" + std::string(method.name) + '"'),
                          version, NextAfter(version)}});
            }
    }

private:
    static const char* NextAfter(const std::string& version) {
        for (std::size_t i = 0; i + 1 < std::size(kVersions); ++i)
            if (kVersions[i] == version) return kVersions[i + 1];
        return "9";
    }

    TestServer& server_;
    std::set<std::pair<const server::Method*, ProtocolVersion>> asked_;
};

TEST_F(TranscriptsTest, EveryMethodAtEveryVersion) {
    Transcript transcript(server);
    const std::string tx = "blockchain.transaction.", out = "blockchain.outpoint.";
    const std::string by_hash = "blockchain.scripthash.", by_script = "blockchain.scriptpubkey.";
    const std::string hash = List({Quoted(script)}),
                      spk = List({'"' + index::ToHex(kScript) + '"'});
    const std::string balance = R"({"confirmed":50000,"unconfirmed":-3})";
    const std::string first = R"({"height":1,"tx_hash":)" + Quoted(one) + '}';
    const std::string mempool = R"({"fee":250,"height":0,"tx_hash":)" + Quoted(two) +
                                R"(},{"fee":1000,"height":-1,"tx_hash":)" + Quoted(three) + '}';
    const std::string history = List({first, mempool});
    const std::string utxos =
        List({R"({"height":1,"tx_hash":)" + Quoted(one) + R"(,"tx_pos":7,"value":49000})",
              R"({"height":0,"tx_hash":)" + Quoted(two) + R"(,"tx_pos":0,"value":1000})"});
    const std::string coinbase = Quoted(server.world.Draft().blocks[1][0]);
    const std::string features =
        R"({"hosts":{},"genesis_hash":)" + Quoted(index::FindCoin("bitcoin", "regtest")->genesis);
    const std::string more_features =
        R"(,"server_version":"Amber 9.8.7","protocol_min":"1.4","protocol_max":"1.7","pruning":null})";
    const auto point = [&](const Txid& txid, const std::string& index) {
        return '[' + Quoted(txid) + ',' + index + ']';
    };
    const std::string not_a_tx = Error(1, "zz should be a transaction hash");
    const std::string no_outpoint = Error(-32602, R"(missing argument "txout_idx")");
    const std::string no_block = Error(1, "Block not in active chain");
    transcript.Run({
        {"blockchain.block.header", "[2]", Result('"' + HeaderHex(2) + '"')},
        {"blockchain.block.header", "[4]", Error(1, "height 4 out of range")},
        {"blockchain.block.headers", "[3,2]",
         Result(R"({"count":1,"hex":")" + HeaderHex(3) + R"(","max":2016})"), "1.4", "1.6"},
        {"blockchain.block.headers", "[3,2]",
         Result(R"({"count":1,"headers":[")" + HeaderHex(3) + R"("],"max":2016})"), "1.6"},
        {"blockchain.estimatefee", "[6]", Result("0.00012")},
        {"blockchain.estimatefee", R"([6,"FAST"])", Error(1, "unknown estimatefee mode: FAST")},
        {"blockchain.header.get", "[2]", Result(Tip(2))},
        {"blockchain.header.get", "[\"" + Block(3) + "\"]", Result(Tip(3))},
        {"blockchain.header.get", "[4]", no_block},
        {"blockchain.header.get", List({Quoted(one)}), no_block},
        {"blockchain.header.get", "[true]", Error(1, "true should be a block hash or a height")},
        {"blockchain.headers.get_tip", "[]", Result(Tip(3))},
        {"blockchain.headers.subscribe", "[]", Result(Tip(3))},
        {"blockchain.headers.unsubscribe", "[]", Result("false")},
        {out + "get_status", point(one, "0"), Result(R"({"funder_height":1})"), "1.7"},
        {out + "get_status", point(one, "1"),
         Result(R"({"funder_height":1,"spender_txhash":)" + Quoted(four) +
                R"(,"spender_height":1})"),
         "1.7"},
        {out + "get_status", point(two, "0"),
         Result(R"({"funder_height":0,"spender_txhash":)" + Quoted(three) +
                R"(,"spender_height":-1})"),
         "1.7"},
        {out + "get_status", point(one, "9"), Result("{}"), "1.7"},
        {out + "get_status", R"({"txout_idx":"0","spk_hint":"00","tx_hash":)" + Quoted(three) + '}',
         Result(R"({"funder_height":-1})"), "1.7"},
        {out + "get_status", R"(["zz",0])", not_a_tx, "1.7"},
        {out + "get_status", List({Quoted(one)}), no_outpoint, "1.7"},
        {out + "get_status", point(one, "-1"), Error(1, "-1 should be a non-negative integer"),
         "1.7"},
        {out + "get_status", point(one, "4294967295"),
         Error(1, "4294967295 is too large for an output index"), "1.7"},
        {out + "subscribe", point(one, "2"),
         Result(R"({"funder_height":1,"spender_txhash":)" + Quoted(two) +
                R"(,"spender_height":0})"),
         "1.7"},
        {out + "subscribe", R"([7,0])", Error(1, "7 should be a transaction hash"), "1.7"},
        {out + "unsubscribe", point(one, "2"), Result("false"), "1.7"},
        {out + "unsubscribe", List({Quoted(one)}), no_outpoint, "1.7"},
        {"blockchain.relayfee", "[]", Result("0.00001")},
        {by_hash + "get_balance", hash, Result(balance), "1.4", "1.7"},
        {by_hash + "get_balance", "[1]", Error(1, "1 is not a valid script hash"), "1.4", "1.7"},
        {by_hash + "get_first_use", hash,
         Result(R"({"block_hash":")" + Block(1) + R"(","block_height":1,"height":1,"tx_hash":)" +
                Quoted(one) + '}')},
        {by_hash + "get_first_use", List({Quoted(unused)}), Result("null")},
        {by_hash + "get_history", hash, Result(history), "1.4", "1.7"},
        {by_hash + "get_history", List({Quoted(script), "1"}), Result(history), "1.4", "1.7"},
        {by_hash + "get_history", List({Quoted(script), "0", "2"}), Result(List({first})), "1.4",
         "1.7"},
        {by_hash + "get_history", List({Quoted(script), "2", "-1"}), Result(List({mempool})), "1.4",
         "1.7"},
        {by_hash + "get_history", List({Quoted(script), "0", "1"}), Result("[]"), "1.4", "1.7"},
        {by_hash + "get_history", List({Quoted(script), "-1"}),
         Error(-32602, "from_height should be a non-negative integer"), "1.4", "1.7"},
        {by_hash + "get_history", List({Quoted(script), "0", "-2"}),
         Error(-32602, "to_height should be -1 or a non-negative integer"), "1.4", "1.7"},
        {by_hash + "get_mempool", hash, Result(List({mempool})), "1.4", "1.7"},
        {by_hash + "get_status", hash, Result(StatusText())},
        {by_hash + "get_status", List({Quoted(unused)}), Result("null")},
        {by_hash + "listunspent", hash, Result(utxos), "1.4", "1.7"},
        {by_hash + "subscribe", hash, Result(StatusText()), "1.4", "1.7"},
        {by_hash + "unsubscribe", hash, Result("false"), "1.4", "1.7"},
        {by_script + "get_balance", spk, Result(balance), "1.7"},
        {by_script + "get_balance", R"(["0g"])", Error(1, "0g is not a valid output script"),
         "1.7"},
        {by_script + "get_balance", R"([""])", Result(R"({"confirmed":0,"unconfirmed":0})"), "1.7"},
        {by_script + "get_history", spk, Result(R"({"history":)" + history + '}'), "1.7"},
        {by_script + "get_history", R"(["00"])", Result(R"({"history":[]})"), "1.7"},
        {by_script + "get_history", List({'"' + index::ToHex(kScript) + '"', "1", "2"}),
         Result(R"({"history":)" + List({first}) + '}'), "1.7"},
        {by_script + "get_history", R"(["0"])", Error(1, "0 is not a valid output script"), "1.7"},
        {by_script + "get_mempool", spk, Result(R"({"history":)" + List({mempool}) + '}'), "1.7"},
        {by_script + "listunspent", spk, Result(R"({"utxos":)" + utxos + '}'), "1.7"},
        {by_script + "subscribe", spk, Result(StatusText()), "1.7"},
        {by_script + "subscribe", "[]", Error(-32602, R"(missing argument "scriptpubkey")"), "1.7"},
        {by_script + "unsubscribe", spk, Result("false"), "1.7"},
        {tx + "broadcast", R"(["00ff"])", Result(Quoted(two))},
        {tx + "broadcast", R"(["0"])",
         Error(1,
               "the transaction was rejected by network rules.\n\nTX decode failed. Make sure the "
               "tx has at least one input.")},
        {tx + "broadcast_package", R"([["00","ff"]])", Result(R"({"success":true})"), "1.6"},
        {tx + "get", List({Quoted(one)}), Result('"' + payment_hex + '"')},
        {tx + "get", List({Quoted(one), "true"}), Result(R"({"confirmations":3})")},
        {tx + "get", List({Quoted(four)}),
         Error(2,
               "daemon error: {'code': -5, 'message': 'No such mempool or blockchain "
               "transaction. Use gettransaction for wallet transactions.'}")},
        {tx + "get_confirmed_blockhash", List({Quoted(one)}),
         Result(R"({"block_hash":")" + Block(1) + R"(","block_height":1})")},
        {tx + "get_confirmed_blockhash", List({Quoted(one), "true"}),
         Result(R"({"block_hash":")" + Block(1) + R"(","block_height":1,"block_header":")" +
                HeaderHex(1) + R"("})")},
        {tx + "get_confirmed_blockhash", List({Quoted(two)}),
         Error(1, "No confirmed transaction matching the requested hash was found")},
        {tx + "get_height", List({Quoted(one)}), Result("1")},
        {tx + "get_height", List({Quoted(three)}), Result("0")},
        {tx + "get_height", List({Quoted(MakeTxid(77))}),
         Error(1, "No transaction matching the requested hash was found")},
        {tx + "get_merkle", List({Quoted(server.world.Draft().blocks[2][0]), "2"}),
         Result(R"({"block_height":2,"merkle":[],"pos":0})")},
        {tx + "get_merkle", List({Quoted(two), "2"}),
         Error(1, "tx " + ToDisplayHex(two) + " not in block at height 2")},
        {tx + "id_from_pos", "[1,0]", Result(coinbase)},
        {tx + "id_from_pos", "[1,3]", Error(1, "no tx at position 3 in block at height 1")},
        {tx + "subscribe", List({Quoted(one)}), Result("1")},
        {tx + "subscribe", List({Quoted(MakeTxid(77))}), Result("null")},
        {tx + "testmempoolaccept", R"([["00","ff"]])",
         Result(R"([{"txid":"t1","wtxid":"w1","allowed":true},{"txid":"t2","wtxid":"w2",)"
                R"("allowed":false,"reason":"dust, tx with"}])"),
         "1.7"},
        {tx + "testmempoolaccept", R"([["aa"]])",
         Result(R"([{"txid":"t1","wtxid":"w1","reason":"package-not-sorted"}])"), "1.7"},
        {tx + "testmempoolaccept", R"([["bb"]])",
         Error(2, "daemon error: {'code': -22, 'message': 'TX decode failed'}"), "1.7"},
        {tx + "testmempoolaccept", "[[]]",
         Error(1, "raw_txs should be a non-empty list of transactions"), "1.7"},
        {tx + "unsubscribe", List({Quoted(one)}), Result("false")},
        {"blockchain.utxo.get_info", point(one, "0"),
         Result(R"({"confirmed_height":1,"scripthash":)" + Quoted(script) + R"(,"value":900})")},
        {"blockchain.utxo.get_info", point(three, "0"),
         Result(R"({"scripthash":)" + Quoted(script) + R"(,"value":900})")},
        {"blockchain.utxo.get_info", point(one, "1"), Result("null")},
        {"blockchain.utxo.get_info", point(one, "9"), Result("null")},
        {"mempool.get_fee_histogram", "[]", Result("[]")},
        {"mempool.get_info", "[]",
         Result(R"({"mempoolminfee":0.00001,"minrelaytxfee":0.00001,)"
                R"("incrementalrelayfee":0.00001})"),
         "1.6"},
        {"mempool.recent", "[]", Result(RecentText()), "1.7"},
        {"server.add_peer", '[' + features + more_features + ']', Result("false")},
        {"server.add_peer", "[{}]", Error(1, "genesis_hash is not a block hash")},
        {"server.banner", "[]", Result(R"("")")},
        {"server.donation_address", "[]", Result(R"("")")},
        {"server.features", "[]", Result(features + R"(,"hash_function":"sha256")" + more_features),
         "1.4", "1.7"},
        {"server.features", "[]", Result(features + more_features), "1.7"},
        {"server.peers.subscribe", "[]", Result("[]")},
        {"server.ping", "[]", Result("null"), "1.4", "1.7"},
        {"server.ping", "[3]", Error(-32602, "expected at most 0 arguments, got 1"), "1.4", "1.7"},
        {"server.ping", "[]", Result(R"({"data":""})"), "1.7"},
        {"server.ping", R"([5,"abc"])", Result(R"({"data":"00000"})"), "1.7"},
        {"server.ping", R"({"pong_len":2})", Result(R"({"data":"00"})"), "1.7"},
        {"server.ping", "[8100001]", Error(1, "pong_len 8100001 is too large"), "1.7"},
        {"server.ping", R"([5,"xyz"])", Error(1, "data should be hex digits"), "1.7"},
        {"server.version", "[]", Error(1, "server.version already sent")},
    });
    transcript.ExpectComplete();
}

TEST_F(TranscriptsTest, NotificationsAtEveryVersion) {
    for (const char* version : kVersions) {
        SCOPED_TRACE(version);
        const bool since_17 = std::string(version) == "1.7";
        TestClient client = server.Connect();
        client.Call("server.version", std::string("[\"t\",\"") + version + "\"]");
        client.Call("blockchain.headers.subscribe");
        client.Call("blockchain.transaction.subscribe", List({Quoted(four)}));
        const std::string name =
            since_17 ? "blockchain.scriptpubkey.subscribe" : "blockchain.scripthash.subscribe";
        client.Call(name,
                    since_17 ? List({'"' + index::ToHex(kScript) + '"'}) : List({Quoted(script)}));
        if (since_17) client.Call("blockchain.outpoint.subscribe", List({Quoted(four), "3"}));

        auto& draft = server.world.Draft();
        server.world.Mine();
        const std::size_t height = draft.headers.size() - 1;
        draft.history[script].push_back({MakeTxid(100 + static_cast<unsigned>(height)), 0, false});
        draft.unconfirmed[four] = 0;
        draft.outpoints[{four, 3}] = {-1, index::OutpointStatus::Spender{three, -1}};
        server.Announce({script}, {four});
        const auto line = [](const std::string& method, const std::string& params) {
            return R"({"jsonrpc":"2.0","method":")" + method + R"(","params":)" + params + '}';
        };
        EXPECT_EQ(client.ReadLine(), line("blockchain.headers.subscribe", List({Tip(height)})));
        EXPECT_EQ(client.ReadLine(), line(name, List({Quoted(script), StatusText()})));
        if (since_17) {
            EXPECT_EQ(client.ReadLine(),
                      line("blockchain.outpoint.subscribe",
                           List({Quoted(four), "3",
                                 R"({"funder_height":-1,"spender_txhash":)" + Quoted(three) +
                                     R"(,"spender_height":-1})"})));
        }
        EXPECT_EQ(client.ReadLine(),
                  line("blockchain.transaction.subscribe", List({Quoted(four), "0"})));
        EXPECT_TRUE(client.IsSilent(std::chrono::milliseconds(30)));
        EXPECT_EQ(client.Call("blockchain.headers.unsubscribe"), true);
        EXPECT_EQ(client.Call("blockchain.transaction.unsubscribe", List({Quoted(four)})), true);
        if (since_17) {
            EXPECT_EQ(client.Call("blockchain.outpoint.unsubscribe", List({Quoted(four), "3"})),
                      true);
        }
        draft.unconfirmed.erase(four);
        draft.outpoints.erase({four, 3});
        server.Announce({}, {four});
        EXPECT_TRUE(client.IsSilent(std::chrono::milliseconds(30)));
    }
}

/// The codes that do not depend on the method.
TEST(Transcripts, ErrorsAtEveryVersion) {
    for (const char* version : kVersions) {
        SCOPED_TRACE(version);
        TestServer server;
        server.options.max_batch_items = 2;
        server.options.max_send_bytes = 1'000;
        server.options.max_receive_bytes = 2'000;
        server.options.max_subscriptions_per_session = 1;
        server.Start();
        TestClient client = server.Connect();
        client.Call("server.version", std::string("[\"t\",\"") + version + "\"]");
        EXPECT_EQ(client.Ask("{"), Error(-32700, "invalid JSON", "null"));
        EXPECT_EQ(client.Ask("7"), Error(-32600, "request is not an object", "null"));
        EXPECT_EQ(client.Ask("[]"), Error(-32600, "empty batch", "null"));
        EXPECT_EQ(client.Ask(R"({"id":1})"), Error(-32600, "method is not a string"));
        EXPECT_EQ(client.Ask(R"({"id":1,"method":"x"})"), Error(-32601, "unknown method \"x\""));
        EXPECT_EQ(client.Ask(R"({"id":1,"method":"server.banner","params":[1]})"),
                  Error(-32602, "expected at most 0 arguments, got 1"));
        EXPECT_EQ(client.Ask(R"({"id":1,"method":"server.banner","params":{"a":1}})"),
                  Error(-32602, "unknown argument \"a\""));
        EXPECT_EQ(client.Ask("[1,2,3]"), Error(4, "batch limit exceeded: 2", "null"));
        EXPECT_EQ(client.Ask(std::string(3'000, 'x')), Error(-32600, "request too long", "null"));
        for (int i = 0; i < 10; ++i) server.world.Mine();
        server.Announce();
        EXPECT_EQ(client.Ask(R"({"id":1,"method":"blockchain.block.headers","params":[0,11]})"),
                  Error(-32600, "response too large (over 1000 bytes)"));
        const auto subscribe = [&](unsigned n) {
            return R"({"id":1,"method":"blockchain.transaction.subscribe","params":[)" +
                   Quoted(MakeTxid(n)) + "]}";
        };
        EXPECT_EQ(client.Ask(subscribe(1)), Result("null"));
        EXPECT_EQ(client.Ask(subscribe(2)), Error(4, "Subscription limit reached"));
        // A ping may come as a notification; nothing is answered, whatever is in it.
        client.SendLine(R"({"method":"server.ping","params":["0123"]})");
        client.SendLine(R"({"method":"no.such"})");
        EXPECT_TRUE(client.IsSilent(std::chrono::milliseconds(30)));
    }
}

/// A history that is too large has a code and a text of its own, at every version.
TEST(Transcripts, HistoryTooLargeAtEveryVersion) {
    TestServer server;
    server.options.history_limit = 2;
    const ScriptHash script = index::Sha256As<ScriptHash>(kScript);
    for (int height = 1; height <= 3; ++height) {
        server.world.Mine({MakeTxid(static_cast<unsigned>(height))});
        server.world.Add(script, MakeTxid(static_cast<unsigned>(height)), height);
    }
    server.Start();
    const std::string hash = List({Quoted(script)}),
                      spk = List({'"' + index::ToHex(kScript) + '"'});
    Transcript(server).Run(
        {{"blockchain.scripthash.get_history", hash, Error(10001, "history too large"), "1.4",
          "1.7"},
         {"blockchain.scriptpubkey.get_history", spk, Error(10001, "history too large"), "1.7"}});
}

TEST(Transcripts, BusyServerAtEveryVersion) {
    TestServer server;
    server.options.query_queue = 0;
    server.options.answer_cache_bytes = 0;
    server.Start();
    server.world.Cold().percent = 100;
    const std::string hash = List({Quoted(MakeScript(1))});
    Transcript(server).Run(
        {{"blockchain.scripthash.get_status", hash, Error(-102, "server busy - request timed out")},
         {"blockchain.outpoint.get_status", List({Quoted(MakeTxid(1)), "0"}),
          Error(-102, "server busy - request timed out"), "1.7"}});
}

}  // namespace
}  // namespace amber::test
