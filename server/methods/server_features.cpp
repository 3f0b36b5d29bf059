#include "server/methods/handlers.h"
#include "server/peers/our_features.h"

namespace amber::server::handlers {

Outcome ServerFeatures(Call& call) {
    constexpr ProtocolVersion kNoHashFunction{{1, 7, 0}};
    const ServerOptions& options = call.services.options;
    call.out.Raw(FeaturesText(options.public_hosts, call.services.coin.genesis, options.software,
                              call.version < kNoHashFunction));
    return Step::done;
}

}  // namespace amber::server::handlers
