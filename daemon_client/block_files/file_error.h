#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace amber::daemon_client {

/// What is wrong with a file of the node, and where.
struct FileError {
    std::filesystem::path file;
    /// In bytes from the start of the file; nothing if it could not be read at all.
    std::optional<std::uint64_t> offset;
    std::string what;  ///< e.g. "record of 5000000 bytes, more than a block can have"

    [[nodiscard]] std::string Text() const {
        return file.string() + (offset ? ": byte " + std::to_string(*offset) : "") + ": " + what;
    }
};

[[noreturn]] inline void throw_exception_from_error(const FileError& error,
                                                    const boost::source_location&) {
    throw std::runtime_error(error.Text());
}

template <class T>
using FileResult = boost::system::result<T, FileError>;

}  // namespace amber::daemon_client
