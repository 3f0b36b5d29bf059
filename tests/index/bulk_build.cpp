#include "tests/index/bulk_build.h"

#include "index/bulk/durable_file.h"
#include "index/digest.h"

namespace amber::index::bulk {

Build::Build(std::size_t most) : max_bytes(most), path(own_folder.Path()) { Reopen(); }

Build::Build(std::filesystem::path place, std::size_t most)
    : max_bytes(most), path(std::move(place)) {
    Reopen();
}

void Build::Reopen() {
    builder.reset();
    store.reset();
    store = std::make_unique<store::Store>(store::StoreOptions{.path = path / "index"});
    builder = std::make_unique<BulkBuilder>(Regtest(), *store, Folder(), max_bytes);
}

void Build::Connect(const Chain& chain) {
    while (builder->NextHeight().value < chain.size())
        builder->Connect(*chain[builder->NextHeight().value]);
}

void Build::ExpectDigestOf(const Chain& chain) {
    ASSERT_TRUE(builder->Finish(kGoOn));
    EXPECT_FALSE(std::filesystem::exists(Folder()));
    EXPECT_EQ(DigestOf(*store), DigestOf(Regtest(), chain));
}

bool IsDone(const std::filesystem::path& path) {
    const store::Store store({.path = path / "index"});
    return store::Reader(store, store::Reach::disk)
        .Get(store::Table::meta, tables::kStateKey)
        .has_value();
}

FinishState RecordIn(const std::filesystem::path& folder) {
    if (const auto journal = ReadDurable(folder / "tables")) {
        tables::RowReader in(*journal);
        return FinishState::Decode(in);
    }
    const std::string state = ReadDurable(folder / "state").value();
    tables::RowReader in(state);  // as BulkBuilder::Saved
    in.VarInt();
    in.Raw(in.VarInt());
    in.VarInt();
    return FinishState::Decode(in);
}

RandomChain MakeChain(std::uint64_t seed, int blocks) {
    RandomChain chain(seed);
    for (int i = 0; i < blocks; ++i) chain.Grow(40);
    return chain;
}

}  // namespace amber::index::bulk
