#include "daemon_client/daemon_list.h"

#include <spdlog/spdlog.h>

namespace amber::daemon_client {
namespace {
// The same trouble again: while it lasts, and when it went away in between.
constexpr auto kRepeatLogAfter = std::chrono::seconds(60);
constexpr auto kFlapLogAfter = std::chrono::seconds(10);
}  // namespace

void DaemonList::Replace(std::vector<NodeUrl> urls) {
    urls_ = std::move(urls);
    current_ = 0;
    failed_in_row_ = 0;
    verified_ = false;
    logged_trouble_.clear();
}

void DaemonList::Succeeded(const std::string& subversion) {
    verified_ = true;
    failed_in_row_ = 0;
    ++epoch_;
    const std::string label = Current().Label();
    if (label == logged_label_) return;
    spdlog::info("daemon {}: connected, {}", label, subversion);
    logged_label_ = label;
}

bool DaemonList::Failed(const index::NodeError& error) {
    verified_ = false;
    ++failed_in_row_;
    // The kind, not the whole text: a warming-up node tells its progress in it.
    const std::string trouble =
        Current().Label() + "/" + std::to_string(static_cast<int>(error.kind));
    const auto now = Clock::now();
    const auto quiet = logged_label_.empty() ? kRepeatLogAfter : kFlapLogAfter;
    if (trouble != logged_trouble_ || now - logged_trouble_at_ > quiet) {
        spdlog::warn("{}{}", error.message, urls_.size() > 1 ? "; trying the next daemon" : "");
        logged_trouble_ = trouble;
        logged_trouble_at_ = now;
        logged_label_.clear();
    }
    current_ = (current_ + 1) % urls_.size();
    if (failed_in_row_ < urls_.size()) return true;
    failed_in_row_ = 0;
    return false;
}

}  // namespace amber::daemon_client
