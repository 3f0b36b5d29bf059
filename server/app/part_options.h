#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "config/options.h"
#include "daemon_client/file_feed.h"
#include "daemon_client/node_options.h"
#include "index/indexer.h"
#include "index/store/store.h"
#include "server/peers/peer_options.h"
#include "server/server_options.h"

// From the operator's options to those of the parts.
namespace amber::server {

Limits LimitsOf(const config::Options& options);
std::vector<Subnet> ExemptOf(const config::Options& options);
ServerOptions ServerOptionsOf(const config::Options& options);
/// Nothing if no peers are wanted. Throws std::runtime_error that names a host that is none.
std::optional<PeerOptions> PeerOptionsOf(const config::Options& options);
daemon_client::NodeOptions NodeOptionsOf(const config::Options& options);
index::IndexerOptions IndexerOptionsOf(const config::Options& options);
index::store::StoreOptions StoreOptionsOf(const config::Options& options);
/// Where a first sync in bulk lies until it is finished.
std::filesystem::path FirstSyncFolderOf(const config::Options& options);

/// Where the node keeps its blocks: beside its cookie, unless the operator says otherwise.
std::filesystem::path BlocksDirOf(const config::Options& options);
/// Throws std::runtime_error naming what cannot be read.
std::unique_ptr<daemon_client::FileFeed> OpenFiles(const config::Options& options,
                                                   const std::vector<std::filesystem::path>& paths,
                                                   daemon_client::MerkleRoots merkle_roots);

}  // namespace amber::server
