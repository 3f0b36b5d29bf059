#pragma once
#include <string>

namespace amber::server {

/// As debuggers and top show it; at most 15 characters.
void NameThisThread(const std::string& name);

}  // namespace amber::server
