#pragma once
#include <string>
#include <string_view>

#include "index/tables/history_table.h"

namespace amber::index {

/// A transaction that funds or spends a script; sorts by script, then chain order.
struct ScriptUse {
    HashX hash_x;
    TxNum num;

    [[nodiscard]] TxNum Num() const { return num; }
    [[nodiscard]] bool SameScript(const ScriptUse& other) const { return hash_x == other.hash_x; }
    [[nodiscard]] auto Key() const { return tables::HistoryKey(hash_x, num); }
    friend auto operator<=>(const ScriptUse&, const ScriptUse&) = default;
};

/// A packed history row ends here, so that reading a part of a busy script stays cheap.
inline constexpr std::size_t kHistoryValueMax = 4096;

/// The rows of Table::history, packed, for a range of sorted uses, repeats allowed: ScriptUse or
/// what has its functions. Calls put(key, value) in key order.
template <class Uses, class Put>
void PackHistory(const Uses& uses, Put&& put) {
    std::string value;
    for (auto i = uses.begin(); i != uses.end();) {
        const auto& first = *i;
        value.clear();
        for (TxNum last = first.Num(); i != uses.end() && i->SameScript(first); ++i) {
            const TxNum num = i->Num();
            if (num == last) continue;  // the same transaction again
            if (value.size() >= kHistoryValueMax) break;
            tables::AppendVarInt(value, num.value - last.value);
            last = num;
        }
        put(std::string_view(first.Key()), std::string_view(value));
    }
}

}  // namespace amber::index
