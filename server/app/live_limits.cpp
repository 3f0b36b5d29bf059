#include "server/app/live_limits.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "config/assign.h"
#include "config/option_list.h"
#include "config/suggest.h"
#include "server/app/part_options.h"

namespace amber::server {
namespace {

bool IsLive(const config::OptionSpec& spec) {
    return spec.group == config::Group::limits &&
           (config::IsNumber(spec) || config::IsRepeatable(spec));
}

/// The value of an option that is live.
struct Reader {
    const config::Options& options;

    AdminTarget::LimitValue operator()(std::uint32_t config::Options::*field) const {
        return std::uint64_t{options.*field};
    }
    AdminTarget::LimitValue operator()(std::vector<config::Subnet> config::Options::*field) const {
        std::vector<std::string> texts;
        for (const auto& [address, bits] : options.*field)
            texts.push_back(Subnet(address, bits).Text());
        return texts;
    }
    AdminTarget::LimitValue operator()(auto) const { std::abort(); }  // there is none
};

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

std::vector<AdminTarget::Limit> LiveLimits::All() const {
    const std::lock_guard lock(mutex_);
    std::vector<AdminTarget::Limit> all;
    for (const auto& spec : config::OptionList())
        if (IsLive(spec))
            all.emplace_back(config::FileKey(spec.name), std::visit(Reader{options_}, spec.field));
    return all;
}

void LiveLimits::Set(const std::string& name, const std::vector<std::string>& values) {
    const config::OptionSpec& spec = FindLimit(name);
    const std::lock_guard lock(mutex_);
    config::Options changed = options_;
    if (const auto complaint = config::Assign(spec, values, {}, changed))
        throw std::runtime_error(std::string(spec.name) + ": " + *complaint);
    options_ = std::move(changed);
    server_.SetLimits(LimitsOf(options_));
    server_.SetExempt(ExemptOf(options_));
}

}  // namespace amber::server
