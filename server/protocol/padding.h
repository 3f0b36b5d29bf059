#pragma once
#include <cstddef>
#include <string>

namespace amber::server {

/// Length padding, as the text of protocol 1.7 proposes: what goes out at once gets one of few
/// sizes, so that who sees only encrypted bytes learns less of what was answered. At least 1,024
/// bytes, then powers of two and the steps halfway between. Nothing is delayed for it.
std::size_t PaddedSize(std::size_t size);

/// Puts spaces before the last bracket of `lines`, where JSON allows them. Larger ones than 4 MB
/// stay as they are: wallets take messages up to a bound. Precondition: at least one line, each an
/// object or a list and ended by a newline.
void PadLines(std::string& lines);

}  // namespace amber::server
