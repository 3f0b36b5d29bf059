#include "server/app/import_command.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <thread>

#include "server/app/part_options.h"
#include "server/app/signals.h"
#include "server/app/sync_progress.h"
#include "server/console/log.h"
#include "server/console/progress.h"
#include "server/import/import_blocks.h"

namespace amber::server {

using std::chrono::steady_clock;

ImportCommand::ImportCommand(const config::Options& options)
    : options_(options),
      feed_(OpenFiles(
          options, options.import_paths,
          options.verify ? daemon_client::MerkleRoots::check : daemon_client::MerkleRoots::trust)),
      store_(StoreOptionsOf(options)),
      indexer_(*options.coin, store_, IndexerOptionsOf(options)) {}

void ImportCommand::Work() {
    try {
        const auto outcome = ImportBlocks(indexer_, *feed_, stop_.get_token());
        failed_ = !outcome.whole;
        if (outcome.stopped) spdlog::info("stopped; run it again to go on");
        if (failed_) spdlog::error("not all blocks could be used: see above");
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        failed_ = true;
    }
    finished_ = true;
}

int ImportCommand::Run(const sigset_t& signals) {
    spdlog::info(
        "import into {}: not verified are {}signatures, amounts and difficulty; every header must "
        "have "
        "the work it claims, and follow another down to the genesis block",
        options_.datadir.string(), options_.verify ? "" : "merkle roots (--verify does), ");
    std::thread worker([this] { Work(); });
    ProgressMeter meter;
    ProgressDisplay display(OnTerminal(), std::chrono::seconds(options_.progress_seconds));
    while (!finished_) {
        if (const auto signal = NextSignal(signals)) {
            spdlog::info("{}: stopping", SignalName(*signal));
            stop_.request_stop();
            indexer_.Stop();
        }
        const auto now = steady_clock::now();
        const auto status = indexer_.Status();
        auto sample = SampleOf(status, now);
        sample.bytes_target = feed_->BytesToCome();
        meter.Add(sample);
        if (!finished_ && status.tip && options_.progress_seconds > 0)
            display.Show(meter.Read(), now);
    }
    display.Hide();
    worker.join();
    return failed_ ? 1 : 0;
}

}  // namespace amber::server
