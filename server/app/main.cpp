// amberd: reads the options and does what they ask for.
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "config/options.h"
#include "config/version.h"
#include "index/chain/coin.h"
#include "server/app/application.h"
#include "server/app/check_command.h"
#include "server/app/import_command.h"
#include "server/console/log.h"

namespace amber::server {
namespace {

/// Descriptors that are not sessions: database files, listeners, the node, handshakes.
constexpr std::size_t kOtherDescriptors = 4096 + 256 + 2000;

/// Wallets and database files are descriptors; the usual soft limit of 1,024 is far too low.
void RaiseDescriptorLimit(std::size_t wanted) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        spdlog::warn("only {} open files are allowed; max-sessions may need {} (ulimit -n)",
                     limit.rlim_cur, wanted);
}

int Serve(const config::Options& options, const sigset_t& signals) {
    spdlog::info("amberd {}, {} {}, index in {}", config::Version(), options.coin->name,
                 options.coin->network, options.datadir.string());
    for (const auto& warning : options.warnings) spdlog::warn("{}", warning);
    RaiseDescriptorLimit(options.max_sessions + kOtherDescriptors);
    return Application(options).Run(signals);
}

}  // namespace
}  // namespace amber::server

int main(int argc, char** argv, char** env) {
    using namespace amber;
    const auto loaded = config::LoadOptions(argc, argv, env);
    if (const auto* message = std::get_if<config::Message>(&loaded)) {
        (message->exit_code == 0 ? std::cout : std::cerr) << message->text;
        return message->exit_code;
    }
    const auto& options = std::get<config::Options>(loaded);
    server::SetUpLog();
    server::SetLogLevel(options.log_level);
    // Blocked before any thread starts, so that only Run() takes them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (options.command == config::Command::serve) sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    try {
        switch (options.command) {
            case config::Command::serve:
                return server::Serve(options, signals);
            case config::Command::check:
                return server::Check(options);
            case config::Command::import:
                return server::ImportCommand(options).Run(signals);
        }
        std::abort();
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        return 1;
    }
}
