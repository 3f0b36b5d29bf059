#pragma once
#include <boost/system/result.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace amber::index {

/// Why bytes from a node are not what they should be, and where.
struct ParseError {
    std::string what;        ///< e.g. "input count 70000 does not fit in the 300 bytes left"
    std::size_t offset = 0;  ///< in bytes from the start of what was parsed
};

[[noreturn]] inline void throw_exception_from_error(const ParseError& error,
                                                    const boost::source_location&) {
    throw std::runtime_error(error.what + " at byte " + std::to_string(error.offset));
}

template <class T>
using Parsed = boost::system::result<T, ParseError>;

}  // namespace amber::index
