#pragma once
#include <span>

#include "index/chain/sha256.h"

namespace amber::index::sha_ni {

/// Sha256Many() and Sha256dMany() for processors with SHA-NI.
void Many(std::span<const HashJob> jobs);
void ManyTwice(std::span<const HashJob> jobs);

}  // namespace amber::index::sha_ni
