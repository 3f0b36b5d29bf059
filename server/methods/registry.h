#pragma once
#include <span>
#include <string_view>

#include "server/methods/method.h"

namespace amber::server {

/// Every method served, in the order of protocol.md.
std::span<const Method> Methods();

/// Null if there is no such method, or not in that version of the protocol.
const Method* FindMethod(std::string_view name, ProtocolVersion version);

/// Place in Methods().
inline std::size_t NumberOf(const Method& method) {
    return static_cast<std::size_t>(&method - Methods().data());
}

}  // namespace amber::server
