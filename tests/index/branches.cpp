#include "tests/index/branches.h"

#include <gtest/gtest.h>

namespace amber::index {

Branches::Branches(std::uint64_t seed) : left(seed, 200), right(0) {
    for (int i = 0; i < 40; ++i) left.Grow(30);
    right = left;
    left.Branch(seed + 1);
    right.Branch(seed + 2);
    for (int i = 0; i < 12; ++i) left.Grow(30);
    for (int i = 0; i < 12; ++i) right.Grow(30);
}

std::map<BlockHash, StatusHash> DigestsOf(const Branches& branches) {
    std::map<BlockHash, StatusHash> digests;
    for (const Chain& chain : {branches.left.blocks, branches.right.blocks}) {
        const TempFolder folder;
        OpenIndex index(Regtest(), folder.Path());
        for (const auto& block : chain) {
            index.processor.Connect(*block, BlockProcessor::Undo::keep);
            index.processor.Flush();
            digests[block->hash] = DigestOf(index.store);
        }
    }
    return digests;
}

std::optional<BlockHash> ExpectWholeBlock(const OpenIndex& index,
                                          const std::map<BlockHash, StatusHash>& digests) {
    const auto tip = index.processor.GetTip();
    if (!tip) {
        EXPECT_TRUE(DumpTables(index.store)[store::Table::header].empty());
        return std::nullopt;
    }
    const auto digest = digests.find(tip->hash);
    if (digest == digests.end())
        ADD_FAILURE() << "at a block of neither branch";
    else
        EXPECT_EQ(DigestOf(index.store), digest->second) << "at height " << tip->height.value;
    return tip->hash;
}

void Follow(BlockProcessor& processor, const Chain& chain, std::size_t flush_every) {
    const auto on_chain = [&](const Tip& tip) {
        return tip.height.value < chain.size() && chain[tip.height.value]->hash == tip.hash;
    };
    while (processor.GetTip() && !on_chain(*processor.GetTip()))
        ASSERT_TRUE(processor.Disconnect());
    for (auto h = processor.NextHeight().value; h < chain.size(); ++h) {
        processor.Connect(*chain[h], BlockProcessor::Undo::keep);
        if (h % flush_every == 0) processor.Flush();
    }
    processor.Flush();
}

}  // namespace amber::index
