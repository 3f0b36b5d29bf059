// deep_wallet ADDRESS SAMPLE [SCRIPTS]: restores a wallet with many used scripts, as Sparrow and
// BlueWallet do: one connection, batches of 100, each awaited before the next; first it subscribes
// to every script, then gets every history, then every transaction. Checks every answer once the
// clock has stopped. Prints one line of JSON.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <unordered_set>

#include "index/chain/coin.h"
#include "index/chain/hex.h"
#include "tests/bench/load_answers.h"
#include "tests/bench/load_connection.h"
#include "tests/bench/script_sample.h"

namespace amber::bench {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t kBatch = 100;
/// Scripts of exchanges and services are in no wallet of this kind.
constexpr std::uint32_t kMostTxsOfScript = 100;

class Client {
public:
    explicit Client(const std::string& address) {
        const std::size_t colon = address.rfind(':');
        asio::ip::tcp::resolver resolver(context_);
        asio::connect(socket_,
                      resolver.resolve(address.substr(0, colon), address.substr(colon + 1)));
        socket_.set_option(asio::ip::tcp::no_delay(true));
        Exchange(R"({"id":0,"method":"server.version","params":["deep_wallet",["1.4","1.6"]]})");
    }

    /// Asks the same of each subject, in batches; the lines of answers.
    std::vector<std::string> Ask(const char* method, const std::vector<std::string>& subjects) {
        std::vector<std::string> lines;
        for (std::size_t begin = 0; begin < subjects.size(); begin += kBatch) {
            std::string batch;
            for (std::size_t i = begin; i < std::min(begin + kBatch, subjects.size()); ++i) {
                batch += batch.empty() ? '[' : ',';
                batch += R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + R"(,"method":")";
                batch += method;
                batch += R"(","params":[")" + subjects[i] + "\"]}";
            }
            lines.push_back(Exchange(batch + "]"));
            bytes_ += lines.back().size();
        }
        return lines;
    }

    [[nodiscard]] std::size_t ReceivedBytes() const { return bytes_; }

private:
    std::string Exchange(const std::string& request) {
        asio::write(socket_, asio::buffer(request + "\n"));
        const std::size_t size = asio::read_until(socket_, asio::dynamic_buffer(input_), '\n');
        std::string line = input_.substr(0, size);
        input_.erase(0, size);
        return line;
    }

    asio::io_context context_;
    asio::ip::tcp::socket socket_{context_};
    std::string input_;
    std::size_t bytes_ = 0;
};

/// Distinct, in the order in which they occur.
std::vector<std::string> TransactionsOf(const std::vector<std::string>& histories) {
    constexpr std::string_view kKey = "\"tx_hash\":\"";
    std::vector<std::string> txids;
    std::unordered_set<std::string_view> seen;
    for (const std::string& line : histories) {
        for (std::size_t at = 0; (at = line.find(kKey, at)) != line.npos; at += kKey.size()) {
            const auto txid = std::string_view(line).substr(at + kKey.size(), 64);
            if (seen.insert(txid).second) txids.emplace_back(txid);
        }
    }
    return txids;
}

/// Calls right(number, result) for each answer; returns how many were errors, wrong or missing.
template <class Right>
std::size_t CountBad(const std::vector<std::string>& lines, std::size_t asked, Right right) {
    std::size_t good = 0;
    for (const std::string& line : lines) {
        const json::value batch = json::parse(line);
        if (!batch.is_array()) continue;
        for (const json::value& answer : batch.get_array()) {
            const json::value* result = answer.as_object().if_contains("result");
            if (result != nullptr && right(answer.at("id").to_number<std::size_t>(), *result))
                ++good;
        }
    }
    return asked - good;
}

struct Wallet {
    std::vector<const SampledScript*> scripts;
    std::vector<std::string> hashes;

    Wallet(const ScriptSample& sample, std::size_t size) {
        for (const SampledScript& script : sample.scripts) {
            if (scripts.size() == size) break;
            if (script.txs > kMostTxsOfScript) continue;
            scripts.push_back(&script);
            hashes.push_back(index::ToDisplayHex(script.hash));
        }
        if (scripts.size() != size) throw std::runtime_error("the sample has too few scripts");
    }
};

bool IsTransaction(const std::string& txid, const json::value& result) {
    const auto raw = index::FromHex(result.as_string());
    if (!raw) return false;
    const auto tx = index::FindCoin("bitcoin", "regtest")->codec->ParseTransaction(*raw);
    return tx && index::ToDisplayHex(tx->txid) == txid;
}

double Seconds(std::uint64_t begin, std::uint64_t end) {
    return static_cast<double>(end - begin) / 1e9;
}

int Run(const std::string& address, const ScriptSample& sample, std::size_t size) {
    const Wallet wallet(sample, size);
    const std::uint64_t begin = NowNs();
    Client client(address);
    const auto statuses = client.Ask("blockchain.scripthash.subscribe", wallet.hashes);
    const std::uint64_t subscribed = NowNs();
    const auto histories = client.Ask("blockchain.scripthash.get_history", wallet.hashes);
    const auto txids = TransactionsOf(histories);
    const std::uint64_t listed = NowNs();
    const auto transactions = client.Ask("blockchain.transaction.get", txids);
    const std::uint64_t end = NowNs();

    const auto status_is = [&](std::size_t i, const index::StatusHash& status) {
        return i < size && status == wallet.scripts[i]->status;
    };
    const std::size_t bad =
        CountBad(statuses, size,
                 [&](std::size_t i, const json::value& result) {
                     const auto status = index::FromHex(result.as_string());
                     index::StatusHash hash;
                     if (!status || status->size() != hash.bytes.size()) return false;
                     std::ranges::copy(*status, hash.bytes.begin());
                     return status_is(i, hash);
                 }) +
        CountBad(histories, size,
                 [&](std::size_t i, const json::value& result) {
                     return status_is(i, StatusOf(json::serialize(result)));
                 }) +
        CountBad(transactions, txids.size(), [&](std::size_t i, const json::value& result) {
            return i < txids.size() && IsTransaction(txids[i], result);
        });
    std::printf(
        "{\"load\":\"deep wallet\",\"scripts\":%zu,\"transactions\":%zu,\"seconds\":%.3f,"
        "\"subscribe_s\":%.3f,\"history_s\":%.3f,\"transactions_s\":%.3f,"
        "\"received_mb\":%.1f,\"bad\":%zu}\n",
        size, txids.size(), Seconds(begin, end), Seconds(begin, subscribed),
        Seconds(subscribed, listed), Seconds(listed, end),
        static_cast<double>(client.ReceivedBytes()) / 1e6, bad);
    return bad == 0 ? 0 : 1;
}

}  // namespace
}  // namespace amber::bench

int main(int argc, char** argv) try {
    if (argc < 3 || argc > 4) {
        std::fprintf(stderr, "usage: deep_wallet HOST:PORT SAMPLE [SCRIPTS]\n");
        return 2;
    }
    return amber::bench::Run(argv[1], amber::bench::ReadSample(argv[2]),
                             argc > 3 ? std::stoull(argv[3]) : 3000);
} catch (const std::exception& error) {
    std::fprintf(stderr, "deep_wallet: %s\n", error.what());
    return 1;
}
