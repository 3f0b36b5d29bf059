#include "server/app/check_command.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>

#include "index/bulk/bulk_builder.h"
#include "index/chain/coin.h"
#include "index/chain_check.h"
#include "index/digest.h"
#include "server/app/digest_text.h"
#include "server/app/part_options.h"

namespace amber::server {

namespace {

std::function<void(index::Height)> SayNowAndThen(std::string what) {
    return [what = std::move(what),
            said = std::chrono::steady_clock::now()](index::Height height) mutable {
        const auto now = std::chrono::steady_clock::now();
        if (now - said < std::chrono::seconds(10)) return;
        said = now;
        spdlog::info("{}: right up to height {}", what, height.value);
    };
}

}  // namespace

int Check(const config::Options& options) {
    auto where = StoreOptionsOf(options);
    where.read_only = true;
    const index::store::Store store(where);
    const index::store::Reader reader(store, index::store::Reach::disk);
    store.VerifyChecksums();
    index::CheckChain(*options.coin, reader, SayNowAndThen("headers and txids"));
    const auto digest = index::ComputeDigest(reader);
    const auto headers = digest.rows[static_cast<std::size_t>(index::store::Table::header)];
    const auto first_sync = FirstSyncFolderOf(options);
    const bool unfinished = headers == 0 && index::bulk::BulkBuilder::IsUnderWay(first_sync);
    if (unfinished)
        spdlog::error(
            "the first sync is not finished: what it has read lies in {} and is not checked, and "
            "the index holds no block before it is finished; start amberd (or amberd import) again "
            "to go on",
            first_sync.string());
    if (options.digest) {
        std::cout << DigestText(digest) << "\n";
        return unfinished ? 1 : 0;
    }
    if (unfinished) return 1;
    std::uint64_t rows = 0;
    for (const std::uint64_t of_table : digest.rows) rows += of_table;
    std::cout << "all " << rows << " rows read, " << headers << " blocks: the index is whole\n";
    return 0;
}

}  // namespace amber::server
