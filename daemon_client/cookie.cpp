#include "daemon_client/cookie.h"

#include <array>
#include <fstream>
#include <string_view>

#include "daemon_client/node_url.h"

namespace amber::daemon_client {

const std::string& Cookie::Authorization() {
    if (!file_.empty() && CurrentStamp() != stamp_) Reload();
    return authorization_;
}

bool Cookie::Reload() {
    if (file_.empty()) return false;
    stamp_ = CurrentStamp();
    std::array<char, 512> buffer;  // a cookie has about 75 bytes
    std::ifstream in(file_, std::ios::binary);
    in.read(buffer.data(), buffer.size());
    std::string_view text(buffer.data(), static_cast<std::size_t>(in.gcount()));
    text = text.substr(0, text.find_first_of("\r\n"));
    // A node that is starting may not have written it whole yet: the next look finds it.
    const std::string fresh =
        text.find(':') == std::string_view::npos ? std::string{} : BasicAuthorization(text);
    if (fresh == authorization_) return false;
    authorization_ = fresh;
    return true;
}

Cookie::Stamp Cookie::CurrentStamp() const {
    std::error_code missing;
    Stamp stamp;
    stamp.time = std::filesystem::last_write_time(file_, missing);
    if (missing) return {};
    stamp.size = std::filesystem::file_size(file_, missing);
    if (missing) return {};
    return stamp;
}

}  // namespace amber::daemon_client
