#include "server/app/digest_text.h"

namespace amber::server {

std::string DigestText(const index::Digest& digest) {
    std::string text = "{";
    for (index::store::Table table : index::store::AllTables()) {
        const auto i = static_cast<std::size_t>(table);
        text += "\"" + std::string(Name(table)) + "\":{\"rows\":" + std::to_string(digest.rows[i]) +
                ",\"digest\":\"" + index::ToDisplayHex(digest.tables[i]) + "\"},";
    }
    return text + "\"total\":\"" + index::ToDisplayHex(digest.total) + "\"}";
}

}  // namespace amber::server
