#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "server/protocol/json_document.h"

namespace amber::server {

/// A result for people: lists of objects as tables, objects as lines of key and value, texts
/// without quotes. Columns are as wide as what is in them; with a `width` (of a terminal, in
/// characters), the widest cells of tables are cut, which "…" at their end shows, until a line
/// fits. Control characters become '?', as some texts come from strangers. Ends without a newline.
std::string TableText(const JsonDocument& document, const JsonValue& value,
                      std::optional<std::size_t> width);

}  // namespace amber::server
