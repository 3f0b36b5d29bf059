// A script of what a peer, its user and the clock do: see peer_script.h, which throws if a promise
// of the peer-to-peer protocol is broken.
#include "index/chain/bytes.h"
#include "tests/daemon_client/p2p/peer_script.h"
#include "tests/fuzz/must.h"

using namespace amber::daemon_client;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ScriptOutcome outcome = PlayScript({data, size});
    MUST(!outcome.error.empty());
    return 0;
}
