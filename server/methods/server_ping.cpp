#include "server/methods/handlers.h"

namespace amber::server::handlers {
namespace {

constexpr std::size_t kEnvelope = 100;  ///< room for what stands around the digits

bool IsHexDigits(std::string_view text) {
    return text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

}  // namespace

Outcome ServerPing(Call& call) {
    call.out.Raw("null");
    return Step::done;
}

Outcome ServerPingPong(Call& call) {
    const std::uint32_t length = call.args.NonNegative(0);
    if (!IsHexDigits(call.args.String(1))) call.args.Fail(BadRequest("data should be hex digits"));
    if (auto error = call.args.Error()) return *error;
    if (length > call.services.options.max_send_bytes - kEnvelope)
        return BadRequest("pong_len " + std::to_string(length) + " is too large");
    call.out.Raw(R"({"data":")").Zeros(length).Raw(R"("})");
    return Step::done;
}

}  // namespace amber::server::handlers
