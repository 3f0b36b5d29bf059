#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace amber::daemon_client {

/// What is wrong with a file of the node, and where.
struct FileError {
    std::filesystem::path file;
    std::uint64_t offset = 0;  ///< in bytes from the start of the file
    std::string what;          ///< e.g. "record of 5000000 bytes, more than a block can have"

    [[nodiscard]] std::string Text() const {
        return file.string() + ": byte " + std::to_string(offset) + ": " + what;
    }
};

[[noreturn]] inline void throw_exception_from_error(const FileError& error,
                                                    const boost::source_location&) {
    throw std::runtime_error(error.Text());
}

template <class T>
using FileResult = boost::system::result<T, FileError>;

}  // namespace amber::daemon_client
