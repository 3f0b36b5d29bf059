#pragma once
#include <string>

#include "index/digest.h"

namespace amber::server {

/// As JSON: of each table rows and digest, and the total.
std::string DigestText(const index::Digest& digest);

}  // namespace amber::server
