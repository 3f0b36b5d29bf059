#include "server/app/live_limits.h"

#include <algorithm>
#include <stdexcept>

#include "config/assign.h"
#include "config/option_list.h"
#include "config/suggest.h"
#include "server/app/part_options.h"

namespace amber::server {
namespace {

bool IsLive(const config::OptionSpec& spec) {
    return spec.group == config::Group::limits && config::IsNumber(spec);
}

const config::OptionSpec& FindLimit(std::string name) {
    std::ranges::replace(name, '_', '-');
    std::vector<std::string_view> names;
    for (const auto& spec : config::OptionList()) {
        if (!IsLive(spec)) continue;
        if (spec.name == name) return spec;
        names.push_back(spec.name);
    }
    throw std::runtime_error("no such limit: " + name + config::DidYouMean(name, names));
}

}  // namespace

std::vector<std::pair<std::string, std::uint64_t>> LiveLimits::All() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& spec : config::OptionList())
        if (IsLive(spec))
            all.emplace_back(config::FileKey(spec.name),
                             options_.*std::get<std::uint32_t config::Options::*>(spec.field));
    return all;
}

void LiveLimits::Set(const std::string& name, const std::string& value) {
    const config::OptionSpec& spec = FindLimit(name);
    const std::lock_guard lock(mutex_);
    if (const auto complaint = config::Assign(spec, {value}, {}, options_))
        throw std::runtime_error(std::string(spec.name) + ": " + *complaint);
    server_.SetLimits(LimitsOf(options_));
}

}  // namespace amber::server
