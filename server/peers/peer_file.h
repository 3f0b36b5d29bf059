#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "index/chain/hash.h"
#include "server/peers/peer_book.h"

namespace amber::server {

/// The book in a file of JSON, so that a restart begins with the peers that were known. Nothing
/// depends on it: a file that is missing, damaged or of another network means to begin anew.

/// Returns what is wrong with the file; nothing if it was read, or if there is none. At most
/// PeerBook::kPeersMax entries; those that make no sense are left out.
std::optional<std::string> LoadPeers(const std::filesystem::path& path,
                                     const index::BlockHash& genesis, PeerBook& book,
                                     PeerBook::Time now);

/// Replaces the file in one step. Returns why it could not be written.
std::optional<std::string> SavePeers(const std::filesystem::path& path,
                                     const index::BlockHash& genesis, const PeerBook& book);

}  // namespace amber::server
