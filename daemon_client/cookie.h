#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "daemon_client/block_files/file_error.h"

namespace amber::daemon_client {

/// The node's cookie file: credentials it writes anew at each of its starts.
/// Not thread-safe: the io thread uses it.
class Cookie {
public:
    explicit Cookie(std::filesystem::path file) : file_(std::move(file)) {}

    /// The value of the HTTP Authorization header; empty while there is no readable cookie. Looks
    /// at the file's time and size and reads it again when they changed.
    const std::string& Authorization();

    /// Reads the file whatever its time says. True if the credentials changed.
    bool Reload();

    /// Why the file gives no credentials now, with its path; nothing if it does, or there is none
    /// to look at.
    [[nodiscard]] std::optional<std::string> Trouble() const;

private:
    struct Stamp {
        std::filesystem::file_time_type time;
        std::uintmax_t size = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    [[nodiscard]] Stamp CurrentStamp() const;
    /// USER:PASSWORD.
    [[nodiscard]] FileResult<std::string> Read() const;

    std::filesystem::path file_;
    std::string authorization_;
    Stamp stamp_;
};

}  // namespace amber::daemon_client
