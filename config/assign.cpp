#include "config/assign.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "config/suggest.h"
#include "index/chain/coin.h"

namespace amber::config {
namespace {

constexpr std::string_view kNone = "none";

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string Wanted(std::string_view value, std::string_view form) {
    return Quoted(value) + " is not " + std::string(form);
}

constexpr std::string_view kEndpointForm =
    "HOST:PORT; write for example 127.0.0.1:50001 or [::1]:50001";

Complaint ReadEndpoint(const std::string& text, Endpoint& endpoint) {
    const auto parsed = ParseEndpoint(text);
    if (!parsed) return Wanted(text, kEndpointForm);
    endpoint = *parsed;
    return std::nullopt;
}

Complaint ReadListenAddress(const std::string& text, Endpoint& endpoint) {
    const auto parsed = ParseListenAddress(text);
    if (!parsed) return Wanted(text, std::string(kEndpointForm) + ", or unix:/PATH");
    endpoint = *parsed;
    return std::nullopt;
}

Complaint ReadSubnet(const std::string& text, Subnet& subnet) {
    const auto parsed = ParseSubnet(text);
    if (!parsed) return Quoted(text) + ' ' + parsed.error();
    subnet = *parsed;
    return std::nullopt;
}

Complaint ReadProxies(const std::vector<std::string>& values, TrustedProxies& proxies) {
    proxies = {};
    if (values.size() == 1 && values.front() == kNone) return std::nullopt;
    for (const std::string& value : values) {
        if (value == "unix") {
            proxies.unix_sockets = true;
            continue;
        }
        Subnet subnet;
        if (const auto complaint = ReadSubnet(value, subnet)) return *complaint + ", or unix";
        proxies.subnets.push_back(subnet);
    }
    return std::nullopt;
}

Complaint ReadService(const std::string& text, Service& service) {
    constexpr std::string_view kForm =
        "PROTOCOL://HOST:PORT; write for example ssl://amber.example:50002 (tcp, ssl, ws or wss)";
    constexpr std::array<std::pair<std::string_view, Protocol>, 4> kProtocols = {{
        {"tcp://", Protocol::tcp},
        {"ssl://", Protocol::ssl},
        {"ws://", Protocol::ws},
        {"wss://", Protocol::wss},
    }};
    for (const auto& [scheme, protocol] : kProtocols) {
        if (!text.starts_with(scheme)) continue;
        const auto address = ParseEndpoint(std::string_view(text).substr(scheme.size()));
        if (!address || address->port == 0) return Wanted(text, kForm);
        service = {protocol, *address};
        return std::nullopt;
    }
    return Wanted(text, kForm);
}

Complaint ReadPublisher(const std::string& text, std::string& publisher) {
    constexpr std::string_view kTcp = "tcp://";
    constexpr std::string_view kIpc = "ipc://";
    const bool tcp =
        text.starts_with(kTcp) && ParseEndpoint(std::string_view(text).substr(kTcp.size()));
    const bool ipc = text.starts_with(kIpc) && text.size() > kIpc.size();
    if (!tcp && !ipc) {
        return Wanted(text,
                      "a ZMQ address; write for example tcp://127.0.0.1:28332, as in the "
                      "node's zmqpubhashblock");
    }
    publisher = text;
    return std::nullopt;
}

/// Whether `text` is http://[USER:PASSWORD@]HOST[:PORT][/].
bool IsDaemonUrl(std::string_view text) {
    constexpr std::string_view kScheme = "http://";
    if (!text.starts_with(kScheme)) return false;
    text.remove_prefix(kScheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);
    // The last @ divides, so that a password may hold one.
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
        const std::size_t colon = text.find(':');
        if (colon == 0 || colon > at) return false;
        text.remove_prefix(at + 1);
    }
    const bool has_port = text.find(':') != std::string_view::npos && !text.ends_with(']');
    return ParseEndpoint(has_port ? std::string(text) : std::string(text) + ":1").has_value();
}

Complaint ReadDaemon(const std::string& text, std::string& url) {
    if (!IsDaemonUrl(text)) {
        // Not quoted back: it may hold a password.
        return "not a node's address; write http://USER:PASSWORD@HOST:PORT, or http://HOST:PORT "
               "to use the cookie file";
    }
    url = text;
    return std::nullopt;
}

template <class T>
Complaint ReadAll(const std::vector<std::string>& values, std::vector<T>& all,
                  Complaint (*read)(const std::string&, T&)) {
    all.clear();
    if (values.size() == 1 && values.front() == kNone) return std::nullopt;
    for (const std::string& value : values) {
        T one;
        if (auto complaint = read(value, one)) return complaint;
        if (std::ranges::find(all, one) != all.end()) return "names the same place twice";
        all.push_back(std::move(one));
    }
    return std::nullopt;
}

/// Puts checked values into a field of each type. Values of a type that holds one are never more.
class Writer {
public:
    Writer(const OptionSpec& spec, const std::vector<std::string>& values,
           const std::filesystem::path& home, Options& options)
        : spec_(spec), values_(values), home_(home), options_(options) {}

    Complaint operator()(std::monostate) { return CheckChoice(spec_, values_.front()); }

    Complaint operator()(std::string Options::*field) {
        if (auto complaint = CheckChoice(spec_, values_.front())) return complaint;
        options_.*field = values_.front();
        return std::nullopt;
    }

    Complaint operator()(std::filesystem::path Options::*field) {
        const std::string& text = values_.front();
        if (text.empty()) return "is empty; name a path, or leave the option out";
        const bool at_home = text == "~" || text.starts_with("~/");
        if (!at_home) {
            options_.*field = text;
        } else if (home_.empty()) {
            return "needs the home directory, but HOME is not set; give --" +
                   std::string(spec_.name) + " a full path";
        } else {
            options_.*field = text.size() < 2 ? home_ : home_ / text.substr(2);
        }
        return std::nullopt;
    }

    Complaint operator()(std::uint32_t Options::*field) {
        const std::string& text = values_.front();
        std::uint32_t number = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool whole = error == std::errc() && stop == text.data() + text.size();
        if (!whole || number < spec_.min || number > spec_.max) {
            return Wanted(text, "a number from " + std::to_string(spec_.min) + " to " +
                                    std::to_string(spec_.max));
        }
        options_.*field = number;
        return std::nullopt;
    }

    Complaint operator()(bool Options::*field) {
        const std::string& text = values_.front();
        if (text != "true" && text != "false" && text != "1" && text != "0") {
            return Wanted(text, "true or false");
        }
        options_.*field = text == "true" || text == "1";
        return std::nullopt;
    }

    Complaint operator()(Source Options::*field) {
        return Choose(field,
                      {Source::automatic, Source::rpc, Source::rest, Source::files, Source::p2p});
    }

    Complaint operator()(FirstSync Options::*field) {
        return Choose(field, {FirstSync::automatic, FirstSync::bulk, FirstSync::blocks});
    }

    Complaint operator()(PeerDiscovery Options::*field) {
        return Choose(field, {PeerDiscovery::automatic, PeerDiscovery::on, PeerDiscovery::off,
                              PeerDiscovery::self});
    }

    Complaint operator()(std::optional<Endpoint> Options::*field) {
        (options_.*field).reset();
        if (values_.front() == kNone) return std::nullopt;
        return ReadEndpoint(values_.front(), (options_.*field).emplace());
    }

    Complaint operator()(std::vector<Endpoint> Options::*field) {
        return ReadAll(values_, options_.*field, ReadListenAddress);
    }

    Complaint operator()(std::optional<std::vector<Endpoint>> Options::*field) {
        return ReadAll(values_, (options_.*field).emplace(), ReadEndpoint);
    }

    Complaint operator()(std::vector<Service> Options::*field) {
        return ReadAll(values_, options_.*field, ReadService);
    }

    Complaint operator()(TrustedProxies Options::*field) {
        return ReadProxies(values_, options_.*field);
    }

    Complaint operator()(std::vector<Subnet> Options::*field) {
        return ReadAll(values_, options_.*field, ReadSubnet);
    }

    Complaint operator()(std::vector<std::string> Options::*field) {
        return ReadAll(values_, options_.*field, ReadDaemon);
    }

    Complaint operator()(std::optional<std::vector<std::string>> Options::*field) {
        return ReadAll(values_, (options_.*field).emplace(), ReadPublisher);
    }

private:
    /// `values` stand in the order of the option's choices.
    template <class Value>
    Complaint Choose(Value Options::*field, std::initializer_list<Value> values) {
        if (auto complaint = CheckChoice(spec_, values_.front())) return complaint;
        const auto place = std::ranges::find(spec_.choices, values_.front());
        options_.*field = values.begin()[place - spec_.choices.begin()];
        return std::nullopt;
    }

    const OptionSpec& spec_;
    const std::vector<std::string>& values_;
    const std::filesystem::path& home_;
    Options& options_;
};

}  // namespace

Complaint CheckChoice(const OptionSpec& spec, std::string_view value) {
    if (spec.choices.empty() || std::ranges::find(spec.choices, value) != spec.choices.end()) {
        return std::nullopt;
    }
    return Wanted(value, OneOf(spec.choices) + DidYouMean(value, spec.choices));
}

Complaint Assign(const OptionSpec& spec, const std::vector<std::string>& values,
                 const std::filesystem::path& home, Options& options) {
    if (!IsRepeatable(spec) && values.size() != 1) {
        return "is given " + std::to_string(values.size()) + " times; it takes one value";
    }
    return std::visit(Writer(spec, values, home, options), spec.field);
}

}  // namespace amber::config
