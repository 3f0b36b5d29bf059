#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome ServerDonationAddress(Call& call) {
    call.out.String(call.services.options.donation_address);
    return Step::done;
}

}  // namespace amber::server::handlers
