#include "server/methods/handlers.h"
#include "server/methods/through_tor.h"
#include "server/peers/peer_directory.h"

namespace amber::server::handlers {

/// No notification ever follows, despite the name.
Outcome ServerPeersSubscribe(Call& call) {
    if (!call.services.peers) {
        call.out.Raw("[]");
        return Step::done;
    }
    const auto peers = call.services.peers->Current();
    call.out.Raw(ThroughTor(call) ? peers->listing.through_tor : peers->listing.usual);
    return Step::done;
}

}  // namespace amber::server::handlers
