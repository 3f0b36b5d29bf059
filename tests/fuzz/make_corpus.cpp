// make_corpus DIR: writes first inputs to DIR/fuzz_block and DIR/fuzz_transaction, taken from
// AMBER_CHAIN_DATA if that is set, and to DIR/fuzz_peer, DIR/fuzz_peer_check and DIR/fuzz_request.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "index/chain/coin.h"
#include "tests/support/block_file.h"
#include "tests/support/raw_block.h"

using namespace amber::index;

namespace {

constexpr std::size_t kBlockBytesMax = 16'000;
constexpr std::size_t kTxBytesMax = 4'000;
constexpr int kBlocksPerFile = 60;  // a fuzzer learns little from many alike

class Corpus {
public:
    explicit Corpus(const std::filesystem::path& dir)
        : blocks_(dir / "fuzz_block"), txs_(dir / "fuzz_transaction") {
        std::filesystem::create_directories(blocks_);
        std::filesystem::create_directories(txs_);
    }
    void AddBlock(const Bytes& raw) {
        const auto block = FindCoin("bitcoin", "mainnet")->codec->ParseBlock(raw);
        if (!block) return;
        if (raw.size() <= kBlockBytesMax) Write(blocks_, ToDisplayHex(block->hash), raw);
        std::size_t taken = 0;
        for (const Block::Tx& tx : block->txs) {
            if (tx.size > kTxBytesMax || ++taken > 10) continue;
            Write(txs_, ToDisplayHex(tx.txid), block->RawTx(tx));
        }
    }
    [[nodiscard]] std::size_t Size() const { return size_; }

private:
    void Write(const std::filesystem::path& dir, const std::string& name, ByteView bytes) {
        std::ofstream file(dir / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        ++size_;
    }

    std::filesystem::path blocks_, txs_;
    std::size_t size_ = 0;
};

void AddRealData(Corpus& corpus) {
    for (const auto& path : amber::test::ChainDataFiles("contiguous", R"(btc-.*\.dat\.xz)")) {
        amber::test::BlockFile file(path);
        Bytes raw;
        for (int i = 0; i < kBlocksPerFile && file.Next(raw); ++i) corpus.AddBlock(raw);
    }
    for (const auto& path : amber::test::ChainDataFiles("blocks", R"(btc-\w+-\d+\.xz)")) {
        corpus.AddBlock(amber::test::ReadFile(path));
    }
}

/// Scripts (see peer_script.h) that shake hands and then, each, get one thing answered or not.
void WritePeerScripts(const std::filesystem::path& dir) {
    std::filesystem::create_directories(dir);
    const std::string handshake("\6\2\0\2\1", 5);
    const std::pair<const char*, std::string> scripts[] = {
        {"blocks", "\3\6" + std::string(1, '\0') + "\2\xb\2\x13"},  // 1 and 2, which come
        {"blocks_missing", "\3\6" + std::string(1, '\0') + "\2\xd\2\x13"},
        {"headers", "\4\1\2\xc"},
        {"headers_late", "\4\1\5\xff\4\2\2\xc\2\x14"},
        {"news", "\2\xf\2\x1c"},
        {"ping", "\5\xff\2\2\5\xff\2\2"},
        {"many_requests", std::string(200, '\4')},
        {"second_version", std::string("\2\0", 2)},
        {"foreign_ping", "\1\2\10abcdefgh"},
        {"garbage", std::string(1, '\0') + "\x18GET / HTTP/1.1 and more\xff"},
    };
    for (const auto& [name, script] : scripts) {
        std::ofstream file(dir / name, std::ios::binary);
        file << handshake << script;
    }
}

/// Answers of a good peer to fuzz_peer_check, in the order of its questions, whole and without
/// ends.
void WritePeerAnswers(const std::filesystem::path& dir) {
    std::filesystem::create_directories(dir);
    const std::string hash(64, '1');
    const std::string answers[] = {
        R"(["x","1.6"])",
        R"({"hex":"00","height":120})",
        R"({"hosts":{"peer.example":{"tcp_port":1,"ssl_port":"2"}},"genesis_hash":")" + hash +
            R"(","hash_function":"sha256","server_version":"x","protocol_min":"1.4",)"
            R"("protocol_max":"1.6","pruning":null})",
        R"([["1.2.3.4","other.example",["v1.4","s50002","t"]]])",
        "\"" + std::string(160, '0') + "\"",
        "true"};
    std::string lines = "a";
    for (std::size_t i = 0; i < std::size(answers); ++i) {
        lines += R"({"id":)" + std::to_string(i) + R"(,"result":)" + answers[i] + "}\n";
        std::ofstream(dir / ("until_" + std::to_string(i)), std::ios::binary) << lines;
    }
    std::ofstream(dir / "proxy", std::ios::binary) << std::string("b\5\0\5\0\0\1\0\0\0\0\0\0", 13);
}

/// A request of every method that finds something in what fuzz_request serves, in three lengths:
/// the length decides the version.
void WriteRequests(const std::filesystem::path& dir) {
    std::filesystem::create_directories(dir);
    const std::string hash(64, '0');
    const std::string script = "[\"" + hash + "\"]";
    const std::pair<const char*, std::string> requests[] = {
        {"blockchain.block.header", "[1,2]"},
        {"blockchain.block.headers", "[0,3,2]"},
        {"blockchain.estimatefee", R"([6,"economical"])"},
        {"blockchain.headers.subscribe", "[]"},
        {"blockchain.header.get", "[\"" + hash + "\"]"},
        {"blockchain.headers.get_tip", "[]"},
        {"blockchain.headers.unsubscribe", "[]"},
        {"blockchain.outpoint.get_status", "[\"" + hash + "\",0]"},
        {"blockchain.outpoint.subscribe", "[\"" + hash + "\",1,\"00\"]"},
        {"blockchain.outpoint.unsubscribe", "[\"" + hash + "\",1]"},
        {"blockchain.relayfee", "[]"},
        {"blockchain.scripthash.get_balance", script},
        {"blockchain.scripthash.get_first_use", script},
        {"blockchain.scripthash.get_history", "[\"" + hash + "\",0,-1]"},
        {"blockchain.scripthash.get_status", script},
        {"blockchain.scripthash.get_mempool", script},
        {"blockchain.scripthash.listunspent", script},
        {"blockchain.scripthash.subscribe", "{\"scripthash\":\"" + hash + "\"}"},
        {"blockchain.scripthash.unsubscribe", script},
        {"blockchain.scriptpubkey.get_balance", R"(["00"])"},
        {"blockchain.scriptpubkey.get_history", R"(["",1,2])"},
        {"blockchain.scriptpubkey.get_mempool", R"(["00"])"},
        {"blockchain.scriptpubkey.listunspent", R"(["00"])"},
        {"blockchain.scriptpubkey.subscribe", R"({"scriptpubkey":"00ff"})"},
        {"blockchain.scriptpubkey.unsubscribe", R"(["00"])"},
        {"blockchain.transaction.broadcast", R"(["00ff"])"},
        {"blockchain.transaction.broadcast_package", R"([["00","ff"],false])"},
        {"blockchain.transaction.get", "[\"" + hash + "\",true]"},
        {"blockchain.transaction.get_confirmed_blockhash", "[\"" + hash + "\",true]"},
        {"blockchain.transaction.get_height", "[\"" + hash + "\"]"},
        {"blockchain.transaction.get_merkle", "[\"" + hash + "\",1]"},
        {"blockchain.transaction.id_from_pos", "[1,0,true]"},
        {"blockchain.transaction.subscribe", "[\"" + hash + "\"]"},
        {"blockchain.transaction.testmempoolaccept", R"([["00"]])"},
        {"blockchain.transaction.unsubscribe", "[\"" + hash + "\"]"},
        {"blockchain.utxo.get_info", "[\"" + hash + "\",1]"},
        {"mempool.get_fee_histogram", "[]"},
        {"mempool.get_info", "[]"},
        {"mempool.recent", "[]"},
        {"server.add_peer", "[{}]"},
        {"server.banner", "[]"},
        {"server.donation_address", "[]"},
        {"server.features", "[]"},
        {"server.peers.subscribe", "[]"},
        {"server.ping", R"([3,"abc"])"},
        {"server.version", R"(["\u00e9",["1.4","1.7"]])"}};
    for (const auto& [method, params] : requests) {
        const std::string line = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                                 R"(","params":)" + params + "}";
        std::ofstream file(dir / method, std::ios::binary);
        file << line << '\n'
             << line << " \n"
             << line << "  \n"
             << R"([{"id":"a","method":"server.ping"},1])" << '\n';
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: make_corpus DIR\n";
        return 2;
    }
    Corpus corpus(argv[1]);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        corpus.AddBlock(WriteBlock({RandomTx(3 * seed), RandomTx(3 * seed + 1)}));
    }
    if (amber::test::ChainDataDir()) AddRealData(corpus);
    WritePeerScripts(std::filesystem::path(argv[1]) / "fuzz_peer");
    WritePeerAnswers(std::filesystem::path(argv[1]) / "fuzz_peer_check");
    WriteRequests(std::filesystem::path(argv[1]) / "fuzz_request");
    std::cout << corpus.Size() << " inputs in " << argv[1] << '\n';
}
