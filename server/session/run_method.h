#pragma once
#include <optional>
#include <string_view>

#include "server/methods/method.h"
#include "server/protocol/json_document.h"

namespace amber::server {

/// The edge where requests end, whatever happens in them: nothing if the query needs the disk;
/// any other exception is logged and becomes an internal error.
std::optional<Outcome> RunMethod(const Method& method, Call& call);

/// A request that is run again, or on another thread.
struct TextRun {
    const Method& method;
    std::string_view text;  ///< valid: it has been parsed before
    ProtocolVersion version;
    Services& services;
    Deferrer& deferrer;
};
struct TextResult {
    Outcome outcome;
    std::string result;
    Effects effects;
};
/// Runs it from its text. Nothing if the query needs the disk.
std::optional<TextResult> RunFromText(const TextRun& run, const ServedView& served,
                                      index::Query& query, JsonDocument& document);

}  // namespace amber::server
