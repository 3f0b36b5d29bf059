#include "server/entrance/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "server/wire/parse_address.h"

namespace amber::server {
namespace {

namespace ip = boost::asio::ip;
using ip::tcp;
using State = ProxyHeader::State;

constexpr std::string_view kTextStart = "PROXY ";
constexpr std::size_t kTextMax = 107;  ///< with its \r\n
constexpr std::string_view kBinaryStart("\r\n\r\n\0\r\nQUIT\n", 12);

// version 2: signature (12) | version and command (1) | family and transport (1) | length of the
// rest (2, big-endian) | source address | destination address | source port | destination port |
// ...
constexpr std::size_t kBinaryFixed = 16;
constexpr std::uint8_t kLocal = 0x20, kProxy = 0x21;
constexpr std::uint8_t kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21, kUnixStream = 0x31;

ProxyHeader Is(State state) { return {.state = state, .size = 0, .client = {}}; }

bool BeginsAlike(std::string_view bytes, std::string_view start) {
    const std::size_t common = std::min(bytes.size(), start.size());
    return bytes.substr(0, common) == start.substr(0, common);
}

// Version 1: "PROXY TCP4 SOURCE DESTINATION SOURCE_PORT DESTINATION_PORT\r\n"

/// Takes a word and the space behind it off the front; the last word has none behind it.
std::string_view TakeWord(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<std::uint16_t> ReadPort(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    return port;
}

std::optional<ip::address> ReadAddress(std::string_view text, bool v6) {
    const auto address = ParseAddress(text);
    return address && address->is_v6() == v6 ? address : std::nullopt;
}

ProxyHeader ReadTextLine(std::string_view line, std::size_t size) {
    ProxyHeader header{.state = State::complete, .size = size, .client = {}};
    const bool ends_in_space = line.ends_with(' ');
    const std::string_view family = TakeWord(line);
    if (family == "UNKNOWN") return header;  // what follows it is not to be looked at
    if ((family != "TCP4" && family != "TCP6") || ends_in_space) return Is(State::malformed);
    const bool v6 = family == "TCP6";
    const auto source = ReadAddress(TakeWord(line), v6);
    const auto destination = ReadAddress(TakeWord(line), v6);
    const auto source_port = ReadPort(TakeWord(line));
    const auto destination_port = ReadPort(TakeWord(line));
    const bool whole = source && destination && source_port && destination_port && line.empty();
    if (!whole) return Is(State::malformed);
    header.client = tcp::endpoint(Unmapped(*source), *source_port);
    return header;
}

ProxyHeader ReadText(std::string_view bytes) {
    const std::size_t end = bytes.substr(0, kTextMax).find('\n');
    if (end == bytes.npos)
        return Is(bytes.size() < kTextMax ? State::incomplete : State::malformed);
    if (bytes[end - 1] != '\r') return Is(State::malformed);
    return ReadTextLine(bytes.substr(kTextStart.size(), end - 1 - kTextStart.size()), end + 1);
}

// Version 2

std::uint8_t ByteAt(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}
std::uint16_t NumberAt(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(ByteAt(bytes, at) << 8 | ByteAt(bytes, at + 1));
}

/// The source of a pair of addresses and a pair of ports.
template <class Address>
ProxyHeader WithClient(ProxyHeader header, std::string_view addresses) {
    typename Address::bytes_type source;
    if (addresses.size() < 2 * source.size() + 4) return Is(State::malformed);
    std::copy_n(addresses.begin(), source.size(), source.begin());
    header.client =
        tcp::endpoint(Unmapped(Address(source)), NumberAt(addresses, 2 * source.size()));
    return header;
}

ProxyHeader ReadBinary(std::string_view bytes) {
    if (bytes.size() < kBinaryFixed) return Is(State::incomplete);
    const std::size_t size = kBinaryFixed + NumberAt(bytes, 14);
    const std::uint8_t command = ByteAt(bytes, 12);
    if (size > kProxyHeaderMax || (command != kLocal && command != kProxy))
        return Is(State::malformed);
    if (bytes.size() < size) return Is(State::incomplete);
    const ProxyHeader header{.state = State::complete, .size = size, .client = {}};
    if (command == kLocal) return header;
    const std::string_view addresses = bytes.substr(kBinaryFixed, size - kBinaryFixed);
    switch (ByteAt(bytes, 13)) {
        case kTcp4:
            return WithClient<ip::address_v4>(header, addresses);
        case kTcp6:
            return WithClient<ip::address_v6>(header, addresses);
        case kUnspecified:
        case kUnixStream:
            return header;
        default:
            return Is(State::malformed);
    }
}

}  // namespace

ProxyHeader ReadProxyHeader(std::string_view bytes) {
    if (BeginsAlike(bytes, kTextStart))
        return bytes.size() < kTextStart.size() ? Is(State::incomplete) : ReadText(bytes);
    if (BeginsAlike(bytes, kBinaryStart))
        return bytes.size() < kBinaryStart.size() ? Is(State::incomplete) : ReadBinary(bytes);
    return Is(State::absent);
}

}  // namespace amber::server
