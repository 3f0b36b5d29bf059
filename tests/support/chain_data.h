#pragma once
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/chain/bytes.h"

namespace amber::test {

/// An open file, or a program that writes to us; closed with it.
using ByteSource = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// Opens `path` for reading, unpacked by xz if it ends in ".xz". Throws if it cannot be opened.
ByteSource OpenFile(const std::filesystem::path& path);

/// The whole of a file, unpacked. Throws if it cannot be read to its end.
index::Bytes ReadFile(const std::filesystem::path& path);

/// The directory in the environment variable AMBER_CHAIN_DATA, if set.
std::optional<std::filesystem::path> ChainDataDir();

/// Files of one of its folders whose names match, in order of name.
/// Precondition: ChainDataDir() has a value.
std::vector<std::filesystem::path> ChainDataFiles(const std::string& folder,
                                                  const std::string& name_regex);

}  // namespace amber::test

/// Ends a test as skipped, saying why, where there is no chain data.
#define AMBER_NEEDS_CHAIN_DATA() \
    if (!amber::test::ChainDataDir()) GTEST_SKIP() << "AMBER_CHAIN_DATA is not set"
