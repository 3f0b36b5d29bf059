#include "server/methods/handlers.h"
#include "server/peers/peer_directory.h"
#include "server/wire/peer_name.h"

namespace amber::server::handlers {

Outcome ServerAddPeer(Call& call) {
    PeerFeatures features;
    if (auto wrong = ReadFeatures(call.args.Document(), *call.args.Get(0), features))
        return BadRequest(std::move(*wrong));
    if (!call.services.peers) {
        call.out.Bool(false);
        return Step::done;
    }
    call.services.peers->Offer(
        std::move(features), AddressIn(call.client->Peer()),
        [reply = call.Defer()](bool accepted) { reply(std::string(accepted ? "true" : "false")); });
    return Step::deferred;
}

}  // namespace amber::server::handlers
