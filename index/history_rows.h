#pragma once
#include <string>
#include <string_view>

#include "index/tables/history_table.h"

namespace amber::index {

/// A transaction that funds or spends a script; sorts by script, then chain order.
struct ScriptUse {
    HashX hash_x;
    TxNum num;
    friend auto operator<=>(const ScriptUse&, const ScriptUse&) = default;
};

/// A packed history row ends here, so that reading a part of a busy script stays cheap.
inline constexpr std::size_t kHistoryValueMax = 4096;

/// The rows of Table::history, packed, for sorted uses, repeats allowed. `use_of(*i)` gives a
/// ScriptUse. Calls put(key, value) in key order.
template <class Iterator, class UseOf, class Put>
void PackHistory(Iterator i, Iterator end, UseOf&& use_of, Put&& put) {
    std::string value;
    while (i != end) {
        const ScriptUse first = use_of(*i);
        value.clear();
        TxNum last = first.num;
        for (; i != end; ++i) {
            const ScriptUse use = use_of(*i);
            if (use.hash_x != first.hash_x) break;
            if (use.num == last) continue;  // the same transaction again
            if (value.size() >= kHistoryValueMax) break;
            tables::AppendVarInt(value, use.num.value - last.value);
            last = use.num;
        }
        put(tables::HistoryKey(first.hash_x, first.num).View(), std::string_view(value));
    }
}

}  // namespace amber::index
