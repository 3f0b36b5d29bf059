#pragma once
#include <stdexcept>

namespace amber::index {

/// The index cannot go on; the message says why and what the operator can do. Nothing was written.
struct FatalError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace amber::index
