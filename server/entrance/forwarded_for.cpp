#include "server/entrance/forwarded_for.h"

#include "server/wire/parse_address.h"

namespace amber::server {
namespace {

std::string_view Trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t";
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::optional<boost::asio::ip::address> ForwardedFor(std::string_view header,
                                                     std::span<const Subnet> trusted) {
    while (!header.empty()) {
        const std::size_t comma = header.rfind(',');
        const std::string_view last =
            Trimmed(comma == header.npos ? header : header.substr(comma + 1));
        header = comma == header.npos ? std::string_view() : header.substr(0, comma);
        const auto address = ParseAddress(last);
        if (!address) return std::nullopt;
        if (!AnyContains(trusted, *address)) return Unmapped(*address);
    }
    return std::nullopt;
}

}  // namespace amber::server
