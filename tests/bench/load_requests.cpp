#include "tests/bench/load_requests.h"

#include <algorithm>

namespace amber::bench {
namespace {

struct MethodText {
    std::string_view name;
    std::string_view on_wire;
};

constexpr std::array<MethodText, kMethods> kTexts = {{
    {"history", "blockchain.scripthash.get_history"},
    {"balance", "blockchain.scripthash.get_balance"},
    {"listunspent", "blockchain.scripthash.listunspent"},
    {"mempool", "blockchain.scripthash.get_mempool"},
    {"header", "blockchain.block.header"},
    {"subscribe", "blockchain.scripthash.subscribe"},
    {"ping", "server.ping"},
}};

constexpr std::array<std::pair<Method, unsigned>, 5> kMix = {{
    {Method::history, 30},
    {Method::balance, 25},
    {Method::listunspent, 20},
    {Method::mempool, 15},
    {Method::header, 10},
}};

const MethodText& TextOf(Method method) { return kTexts[static_cast<std::size_t>(method)]; }

}  // namespace

std::string_view Name(Method method) { return TextOf(method).name; }

std::optional<Method> MethodNamed(std::string_view name) {
    const auto found = std::ranges::find(kTexts, name, &MethodText::name);
    if (found == kTexts.end()) return std::nullopt;
    return static_cast<Method>(found - kTexts.begin());
}

RequestMaker::RequestMaker(const ScriptSample& sample, std::optional<Method> only,
                           std::uint64_t seed)
    : script_count_(sample.scripts.size()),
      header_count_(sample.headers.size()),
      random_state_(seed * 2 + 1) {
    auto* end = mix_.begin();
    for (const auto& [method, percent] : kMix) end = std::fill_n(end, percent, method);
    if (only) mix_.fill(*only);
    script_hex_.reserve(64 * script_count_);
    for (const auto& script : sample.scripts) script_hex_ += index::ToDisplayHex(script.hash);
}

std::uint64_t RequestMaker::Random() {
    random_state_ += 0x9e3779b97f4a7c15ull;
    const std::uint64_t x = (random_state_ ^ (random_state_ >> 32)) * 0xd6e8feb86659fd93ull;
    return x ^ (x >> 32);
}

Question RequestMaker::Draw() {
    const std::uint64_t random = Random();
    const Method method = mix_[random % mix_.size()];
    const std::size_t subjects = method == Method::header ? header_count_ : script_count_;
    return {method, static_cast<std::uint32_t>((random >> 32) % subjects)};
}

void RequestMaker::Write(const Question& question, unsigned slot, std::string& out) const {
    const unsigned id = kFirstId + slot;
    out += R"({"jsonrpc":"2.0","id":)";
    out += static_cast<char>('0' + id / 100);
    out += static_cast<char>('0' + id / 10 % 10);
    out += static_cast<char>('0' + id % 10);
    out += R"(,"method":")";
    out += TextOf(question.method).on_wire;
    switch (question.method) {
        case Method::ping:
            out += R"(","params":[]})";
            break;
        case Method::header:
            out += R"(","params":[)";
            out += std::to_string(question.subject);
            out += "]}";
            break;
        default:
            out += R"(","params":[")";
            out.append(script_hex_, std::size_t{64} * question.subject, 64);
            out += "\"]}";
    }
    out += '\n';
}

}  // namespace amber::bench
