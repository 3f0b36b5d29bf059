#pragma once
#include "index/chain/coin.h"

namespace amber::daemon_client {

inline const index::Coin& Regtest() { return *index::FindCoin("bitcoin", "regtest"); }

}  // namespace amber::daemon_client
