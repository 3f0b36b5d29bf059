#include "daemon_client/cookie.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
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
    // A node that is starting may not have written it whole yet: the next look finds it.
    const auto text = Read();
    const std::string fresh = text ? BasicAuthorization(*text) : std::string{};
    if (fresh == authorization_) return false;
    authorization_ = fresh;
    return true;
}

std::optional<std::string> Cookie::Trouble() const {
    if (file_.empty()) return std::nullopt;
    const auto text = Read();
    if (text) return std::nullopt;
    return text.error().Text();
}

FileResult<std::string> Cookie::Read() const {
    const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return FileError{file_, {}, std::strerror(errno)};
    std::array<char, 512> buffer;  // a cookie has about 75 bytes
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    const int failed = errno;
    ::close(fd);
    if (size < 0) return FileError{file_, {}, std::strerror(failed)};
    std::string_view text(buffer.data(), static_cast<std::size_t>(size));
    text = text.substr(0, text.find_first_of("\r\n"));
    if (text.find(':') == std::string_view::npos)
        return FileError{file_, {}, "does not hold USER:PASSWORD"};
    return {boost::system::in_place_value, text};
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
