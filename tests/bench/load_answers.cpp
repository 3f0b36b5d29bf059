#include "tests/bench/load_answers.h"

#include <charconv>
#include <cstring>

#include "index/chain/hex.h"
#include "index/chain/sha256.h"

namespace amber::bench {
namespace {

constexpr std::size_t kHead = 64, kTail = 40;
constexpr auto kNone = std::string_view::npos;

/// Where the value of `"key":` begins, or kNone. Of several, the last.
std::size_t ValueAfter(std::string_view text, std::string_view key) {
    std::size_t at = text.rfind(key);
    if (at == kNone) return kNone;
    at += key.size();
    while (at < text.size() && (text[at] == ' ' || text[at] == ':')) ++at;
    return at;
}

std::optional<std::int64_t> Number(std::string_view text) {
    std::int64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc()) return std::nullopt;
    return value;
}

/// The next value of that key in a list of objects, and moves `text` behind the key.
std::optional<std::string_view> Next(std::string_view& text, std::string_view key) {
    std::size_t at = text.find(key);
    if (at == kNone) return std::nullopt;
    at += key.size();
    while (at < text.size() && (text[at] == ' ' || text[at] == ':' || text[at] == '"')) ++at;
    text.remove_prefix(at);
    return text;
}

std::optional<std::int64_t> NumberOf(std::string_view text, std::string_view key) {
    const auto value = Next(text, key);
    return value ? Number(*value) : std::nullopt;
}

void Append(std::string& text, std::string_view tx_hash, std::int64_t height) {
    text += tx_hash;
    text += ':';
    text += std::to_string(height);
    text += ':';
}

/// Outputs and their sum.
std::pair<std::size_t, std::int64_t> SumUnspent(std::string_view list) {
    std::size_t count = 0;
    std::int64_t sum = 0;
    while (const auto value = Next(list, "\"value\"")) {
        ++count;
        sum += Number(*value).value_or(0);
    }
    return {count, sum};
}

}  // namespace

Answer ReadAnswer(std::string_view line) {
    const std::string_view head = line.substr(0, kHead);
    Answer answer;
    const std::size_t result = ValueAfter(head, "\"result\"");
    const std::string_view tail = line.substr(line.size() - std::min(line.size(), kTail));
    // Members before the result are short, so the id lies at one of the two ends.
    std::string_view place = head.substr(0, result == kNone ? head.size() : result);
    std::size_t id = ValueAfter(place, "\"id\"");
    if (id == kNone) {
        place = tail;
        id = ValueAfter(place, "\"id\"");
    }
    if (id != kNone) {
        if (const auto number = Number(place.substr(id)))
            answer.id = static_cast<unsigned>(*number);
    }
    if (result != kNone) answer.result = line.substr(result);
    answer.is_error =
        result == kNone || (answer.result.starts_with("null") && line.find("\"code\"") != kNone);
    return answer;
}

index::StatusHash StatusOf(std::string_view history) {
    std::string text;
    std::string_view rest = history;
    while (const auto tx_hash = Next(rest, "\"tx_hash\"")) {
        // The height may stand on either side of the hash: look from the object's start.
        const auto object = static_cast<std::size_t>(rest.data() - history.data());
        const std::size_t open = history.rfind('{', object);
        const auto height = NumberOf(history.substr(open), "\"height\"");
        Append(text, tx_hash->substr(0, 64), height.value_or(-99));
    }
    return index::Sha256As<index::StatusHash>(
        {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

bool IsRight(const Question& question, std::string_view result, const ScriptSample& sample) {
    if (question.method == Method::ping) return result.starts_with("null");
    if (question.method == Method::header) {
        return result.starts_with('"') &&
               result.substr(1).starts_with(sample.headers[question.subject] + '"');
    }
    const SampledScript& script = sample.scripts[question.subject];
    switch (question.method) {
        case Method::history:
            return StatusOf(result) == script.status;
        case Method::balance:
            return NumberOf(result, "\"confirmed\"") == script.balance &&
                   NumberOf(result, "\"unconfirmed\"") == 0;
        case Method::listunspent:
            return SumUnspent(result) ==
                   std::pair<std::size_t, std::int64_t>(script.utxos, script.balance);
        case Method::mempool:
            return result.starts_with("[]");
        case Method::subscribe:
            return result.size() > 65 && result.substr(1, 64) == index::ToHex(script.status.View());
        default:
            return false;
    }
}

}  // namespace amber::bench
