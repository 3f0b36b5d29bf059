#include "server/methods/handlers.h"

namespace amber::server::handlers {

Outcome MempoolGetFeeHistogram(Call& call) {
    const auto& histogram = call.served.view->mempool.Histogram();
    char separator = '[';
    for (const auto& [rate, vsize] : histogram) {
        call.out.Raw(separator).Raw('[').Double(rate).Raw(',').Uint(vsize).Raw(']');
        separator = ',';
    }
    call.out.Raw(histogram.empty() ? "[]" : "]");
    return Step::done;
}

}  // namespace amber::server::handlers
