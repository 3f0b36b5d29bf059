#include "daemon_client/node_check.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "daemon_client/json_text.h"
#include "daemon_client/node_state.h"

namespace amber::daemon_client {

namespace json = boost::json;
using index::NodeResult;

namespace {

/// 290400 as "29.4.0"; before 22.0 the first number was always 0, and left out here too.
std::string VersionText(std::int64_t version) {
    return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
           std::to_string(version % 100);
}

void JudgeNetwork(NodeReport& report, const index::Coin& coin,
                  const std::optional<index::BlockHash>& genesis) {
    if (genesis == coin.genesis && report.chain == coin.node_network) return;
    report.problems.push_back(
        "daemon " + report.daemon + " is on network \"" + report.chain + "\"" +
        (genesis ? " (genesis block " + ToDisplayHex(*genesis) + ")" : "") + ", but Amber on " +
        std::string(coin.name) + " " + std::string(coin.network) + ", which nodes call \"" +
        std::string(coin.node_network) + "\": check --network and --daemon");
}

void JudgeVersion(NodeReport& report, const index::Coin& coin) {
    if (report.version >= static_cast<int>(coin.node_version_min)) return;
    report.problems.push_back("daemon " + report.daemon + " is version " +
                              VersionText(report.version) + " (" + report.subversion +
                              "); at least " + VersionText(coin.node_version_min) +
                              " is needed: upgrade the node");
}

void JudgeState(NodeReport& report) {
    if (report.pruned)
        report.problems.push_back("daemon " + report.daemon +
                                  " is pruned, but Amber needs all blocks: run it with -prune=0 "
                                  "(it downloads the chain again) or name another with --daemon");
    if (report.initial_download)
        report.notes.push_back(
            "daemon " + report.daemon + " is still syncing (initial block download) at height " +
            std::to_string(report.height.value) + " of " +
            std::to_string(report.best_header.value) + "; Amber follows as it goes");
}

/// 0 if it is not there: a node that began with a snapshot does not know it at once.
std::uint64_t ReadTxCount(const RpcResult& getchaintxstats) {
    if (getchaintxstats.has_error()) return 0;
    json::error_code failed;
    const json::value value = json::parse(*getchaintxstats, failed);
    if (failed || !value.is_object()) return 0;
    const json::value* count = value.get_object().if_contains("txcount");
    if (count == nullptr || !count->is_int64()) return 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, count->get_int64()));
}

bool ReadSoftware(NodeReport& report, const std::string& getnetworkinfo) {
    json::error_code failed;
    const json::value value = json::parse(getnetworkinfo, failed);
    if (failed || !value.is_object()) return false;
    const json::value* version = value.get_object().if_contains("version");
    const json::value* subversion = value.get_object().if_contains("subversion");
    if (version == nullptr || !version->is_int64() || subversion == nullptr ||
        !subversion->is_string())
        return false;
    report.version = static_cast<int>(version->get_int64());
    report.subversion = std::string(subversion->get_string());
    return true;
}

}  // namespace

NodeResult<NodeReport> CheckNode(RpcClient& client, const index::Coin& coin) {
    NodeReport report;
    report.daemon = client.Current().label;
    // On the control lane: a daemon of another network must be described, not merely avoided.
    auto answers = client.WaitBatch({{"getblockhash", "[0]"},
                                     {"getblockchaininfo"},
                                     {"getnetworkinfo"},
                                     {"getchaintxstats", "[0]"}},
                                    {.lane = Lane::control});
    if (answers.has_error()) return answers.error();
    // Only the progress of a first sync leans on the last.
    for (std::size_t i = 0; i < 3; ++i)
        if ((*answers)[i].has_error()) return (*answers)[i].error();

    const auto genesis = index::FromDisplayHex<index::BlockHash>(
        PlainString(*(*answers)[0]).value_or(std::string_view{}));
    const auto state = ReadNodeState(*(*answers)[1]);
    if (!state) return WrongType("getblockchaininfo", *(*answers)[1]);
    if (!ReadSoftware(report, *(*answers)[2])) return WrongType("getnetworkinfo", *(*answers)[2]);
    report.chain = state->chain;
    report.height = state->tip.height;
    report.best_header = state->tip.best_header;
    report.initial_download = state->tip.initial_download;
    report.pruned = state->pruned;
    report.tx_count = ReadTxCount((*answers)[3]);

    JudgeNetwork(report, coin, genesis);
    JudgeVersion(report, coin);
    JudgeState(report);
    return report;
}

}  // namespace amber::daemon_client
