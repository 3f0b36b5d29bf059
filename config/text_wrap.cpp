#include "config/text_wrap.h"

namespace amber::config {

std::string Wrapped(std::string_view text, std::string_view indent) {
    constexpr std::size_t kColumns = 90;
    std::string wrapped;
    std::string line;
    while (!text.empty()) {
        const std::size_t end = text.find(' ');
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && indent.size() + line.size() + 1 + word.size() > kColumns) {
            wrapped += std::string(indent) + line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + std::string(word);
    }
    return wrapped + std::string(indent) + line + "\n";
}

}  // namespace amber::config
