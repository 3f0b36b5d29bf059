#include "index/first_block.h"

#include <string>

#include "index/fatal_error.h"

namespace amber::index {

void CheckFirstBlock(const Coin& coin, const BlockHash& hash) {
    if (hash == coin.genesis) return;
    throw FatalError("the node's first block is " + ToDisplayHex(hash) +
                     ", not the genesis block of " + std::string(coin.name) + " " +
                     std::string(coin.network) + "; check --coin, --network and --daemon");
}

}  // namespace amber::index
