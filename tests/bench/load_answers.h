#pragma once
#include <optional>
#include <string_view>

#include "tests/bench/load_requests.h"
#include "tests/bench/script_sample.h"

namespace amber::bench {

/// An answer line, looked at only as far as the load generator must. Works with any server's
/// order of members and spacing.
struct Answer {
    std::optional<unsigned> id;  ///< none: a notification, or an error without id
    bool is_error = false;
    std::string_view result;  ///< from the result's first byte to the end of the line
};
Answer ReadAnswer(std::string_view line);

/// Whether the result is what the sample says, in every byte that matters.
bool IsRight(const Question& question, std::string_view result, const ScriptSample& sample);

/// Hash over the history text of a get_history result: the status a subscription reports.
index::StatusHash StatusOf(std::string_view history);

}  // namespace amber::bench
