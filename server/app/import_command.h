#pragma once
#include <atomic>
#include <csignal>
#include <memory>
#include <stop_token>

#include "config/options.h"
#include "daemon_client/file_feed.h"
#include "index/indexer.h"
#include "index/store/store.h"

namespace amber::server {

/// `amberd import`: blocks of files into the index, until their end or a signal.
/// Built and destroyed on the main thread.
class ImportCommand {
public:
    /// Throws std::runtime_error if a file cannot be read, StoreError.
    explicit ImportCommand(const config::Options& options);

    /// The exit code.
    int Run(const sigset_t& signals);

private:
    void Work();

    const config::Options& options_;
    std::unique_ptr<daemon_client::FileFeed> feed_;
    index::store::Store store_;
    index::Indexer indexer_;
    std::stop_source stop_;
    std::atomic<bool> finished_ = false;
    bool failed_ = false;
};

}  // namespace amber::server
