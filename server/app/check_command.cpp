#include "server/app/check_command.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>

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
    if (options.digest) {
        std::cout << DigestText(digest) << "\n";
        return 0;
    }
    std::uint64_t rows = 0;
    for (const std::uint64_t of_table : digest.rows) rows += of_table;
    const auto headers = digest.rows[static_cast<std::size_t>(index::store::Table::header)];
    std::cout << "all " << rows << " rows read, " << headers << " blocks: the index is whole\n";
    return 0;
}

}  // namespace amber::server
