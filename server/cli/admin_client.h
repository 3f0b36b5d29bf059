#pragma once
#include <stdexcept>
#include <string>

#include "config/endpoint.h"

namespace amber::server {

/// No answer came; what() says what to check.
struct NoAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Sends a line (with its newline) and waits for one, however long the work behind it takes.
/// Returns it without the newline. Throws NoAnswer.
std::string Ask(const config::Endpoint& admin, const std::string& line);

}  // namespace amber::server
