#include "server/wire/openssl.h"

#include <openssl/err.h>

namespace amber::server {

std::string OpenSslError() {
    const unsigned long first = ERR_get_error();
    ERR_clear_error();
    if (first == 0) return "unknown error";
    // Errors of the system have no reason string of their own.
    if (ERR_SYSTEM_ERROR(first))
        return std::string("system error ") + std::to_string(ERR_GET_REASON(first));
    const char* reason = ERR_reason_error_string(first);
    return reason ? reason : "error " + std::to_string(first);
}

}  // namespace amber::server
