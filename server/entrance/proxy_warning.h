#pragma once
#include <string>

namespace amber::server {

/// Tells the operator, at most once a minute, that a connection from `peer` was closed because of
/// its PROXY header: more often a slip in a configuration than an attack. Thread-safe.
void WarnOfProxyHeader(const std::string& peer, const char* why);

}  // namespace amber::server
