#include "tests/index/chain_source.h"

#include "tests/index/open_index.h"
#include "tests/support/block_file.h"

namespace amber::index {

const Coin& Network(std::string_view network) { return *FindCoin("bitcoin", network); }

BlockPtr ParseShared(const Coin& coin, Bytes raw) {
    return std::make_shared<const Block>(coin.codec->ParseBlock(std::move(raw)).value());
}

Chain ReadChainFile(const Coin& coin, const std::filesystem::path& path) {
    Chain chain;
    test::BlockFile file(path);
    for (Bytes raw; file.Next(raw);) chain.push_back(ParseShared(coin, raw));
    return chain;
}

Chain TakeRest(generator::ChainGenerator& generator) {
    Chain chain;
    while (auto raw = generator.Next()) chain.push_back(ParseShared(Regtest(), std::move(*raw)));
    return chain;
}

const Chain& OracleChain() {
    static const Chain chain = [] {
        generator::OracleOptions options;
        if (kSanitized) {
            options.blocks = 320;
            options.txs = 8'000;
        }
        generator::OracleChain generator(options);
        Chain blocks = TakeRest(generator);
        blocks.insert(blocks.begin(), ParseShared(Regtest(), generator::GenesisBlock()));
        return blocks;
    }();
    return chain;
}

}  // namespace amber::index
