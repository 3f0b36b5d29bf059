#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "index/bulk/bulk_builder.h"
#include "tests/index/expect_model.h"
#include "tests/index/random_chain.h"

namespace amber::index::bulk {

inline constexpr std::size_t kSmall = 64 << 10;  ///< makes room for a thousand outputs at a time
inline constexpr auto kGoOn = [](double) { return true; };

/// A store, and a build in a folder beside it that is thrown away and taken up again.
struct Build {
    explicit Build(std::size_t most = kSmall);
    /// Of another process, or one before.
    explicit Build(std::filesystem::path place, std::size_t most = kSmall);

    void Reopen();
    [[nodiscard]] std::filesystem::path Folder() const { return path / "bulk"; }
    void Connect(const Chain& chain);
    void ExpectDigestOf(const Chain& chain);

    const std::size_t max_bytes;
    TempFolder own_folder;
    const std::filesystem::path path;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<BulkBuilder> builder;
};

/// Whether the tables are in the store, in `path` of a Build: it is done then, even if its folder
/// is still there.
bool IsDone(const std::filesystem::path& path);

/// What of a build's tables is on record in its folder. Precondition: it has saved.
FinishState RecordIn(const std::filesystem::path& folder);

RandomChain MakeChain(std::uint64_t seed, int blocks = 60);

}  // namespace amber::index::bulk
