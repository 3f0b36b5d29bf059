#include "server/entrance/proxy_header.h"

#include <gtest/gtest.h>

#include <random>

namespace amber::server {
namespace {

namespace ip = boost::asio::ip;
using ip::tcp;
using State = ProxyHeader::State;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string Number16(std::size_t number) {
    return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

std::string Binary(std::uint8_t command, std::uint8_t family, const std::string& rest) {
    return std::string(kSignature) + static_cast<char>(command) + static_cast<char>(family) +
           Number16(rest.size()) + rest;
}

template <class Address>
std::string Raw(const Address& address) {
    const auto bytes = address.to_bytes();
    return {bytes.begin(), bytes.end()};
}

std::string BinaryAddresses(const tcp::endpoint& source, const tcp::endpoint& target) {
    const std::string ports = Number16(source.port()) + Number16(target.port());
    if (source.address().is_v4())
        return Raw(source.address().to_v4()) + Raw(target.address().to_v4()) + ports;
    return Raw(source.address().to_v6()) + Raw(target.address().to_v6()) + ports;
}

std::string TextLine(const tcp::endpoint& source, const tcp::endpoint& target) {
    return std::string("PROXY ") + (source.address().is_v4() ? "TCP4 " : "TCP6 ") +
           source.address().to_string() + ' ' + target.address().to_string() + ' ' +
           std::to_string(source.port()) + ' ' + std::to_string(target.port()) + "\r\n";
}

/// A random header, and what it says.
struct Sample {
    std::string bytes;
    std::optional<tcp::endpoint> client;
};

class Maker {
public:
    explicit Maker(unsigned seed) : random_(seed) {}

    unsigned Below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

    std::string Junk(std::size_t size) {
        std::string junk(size, '\0');
        for (char& c : junk) c = static_cast<char>(random_());
        return junk;
    }

    tcp::endpoint Endpoint(bool v6) {
        const auto port = static_cast<std::uint16_t>(random_());
        if (!v6) return {ip::address_v4(static_cast<std::uint32_t>(random_())), port};
        ip::address_v6::bytes_type bytes;
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
        return {ip::address_v6(bytes), port};
    }

    Sample Header() {
        const bool v6 = Below(2) == 1;
        const tcp::endpoint source = Endpoint(v6), target = Endpoint(v6);
        const std::string more = Junk(Below(3) == 0 ? Below(3000) : 0);
        switch (Below(6)) {
            case 0:
                return {"PROXY UNKNOWN\r\n", {}};
            case 1:
                return {"PROXY UNKNOWN " + source.address().to_string() + " ? what\r\n", {}};
            case 2:
                return {Binary(0x20, static_cast<std::uint8_t>(Below(256)), more), {}};
            case 3:
                return {Binary(0x21, v6 ? 0x00 : 0x31, more), {}};
            case 4:
                return {TextLine(source, target), source};
            default:
                return {Binary(0x21, v6 ? 0x21 : 0x11, BinaryAddresses(source, target) + more),
                        source};
        }
    }

private:
    std::mt19937 random_;
};

TEST(ProxyHeader, ReadsWhatAnotherHasWritten) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Maker make(seed);
    for (int i = 0; i < 3000; ++i) {
        const Sample sample = make.Header();
        const ProxyHeader read = ReadProxyHeader(sample.bytes + make.Junk(make.Below(20)));
        ASSERT_EQ(read.state, State::complete) << testing::PrintToString(sample.bytes);
        ASSERT_EQ(read.size, sample.bytes.size());
        ASSERT_EQ(read.client, sample.client);
        // Nothing of it is taken for the whole.
        const std::size_t cut = make.Below(static_cast<unsigned>(sample.bytes.size()));
        const ProxyHeader part = ReadProxyHeader(sample.bytes.substr(0, cut));
        ASSERT_EQ(part.state, State::incomplete) << cut << testing::PrintToString(sample.bytes);
    }
}

/// Whatever is changed: it is another header, or it is refused; more bytes never change a verdict.
TEST(ProxyHeader, SurvivesMutations) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Maker make(seed);
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = make.Header().bytes;
        for (unsigned n = 1 + make.Below(4); n > 0; --n) {
            const std::size_t at = make.Below(static_cast<unsigned>(bytes.size()));
            if (make.Below(2) == 0)
                bytes[at] = make.Junk(1)[0];
            else
                bytes.insert(at, make.Junk(1));
        }
        const ProxyHeader read = ReadProxyHeader(bytes);
        refused += read.state == State::malformed;
        if (read.state == State::complete) {
            ASSERT_LE(read.size, bytes.size());
            ASSERT_EQ(ReadProxyHeader(bytes.substr(0, read.size)).client, read.client);
        }
        if (read.state == State::incomplete) {
            ASSERT_LT(bytes.size(), kProxyHeaderMax);
        }
        if (read.state == State::complete || read.state == State::malformed) {
            ASSERT_EQ(ReadProxyHeader(bytes + "more").state, read.state);
        }
    }
    EXPECT_GT(refused, 1000);
}

TEST(ProxyHeader, RefusesLinesThatAreNotExact) {
    const std::string good = "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\n";
    EXPECT_EQ(ReadProxyHeader(good).state, State::complete);
    for (const char* line :
         {"PROXY TCP4 1.2.3.4 5.6.7.8 11 22\n", "PROXY TCP4 1.2.3.4 5.6.7.8 11\r\n",
          "PROXY TCP4 1.2.3.4 5.6.7.8 11 22 33\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22 \r\n",
          "PROXY TCP4  1.2.3.4 5.6.7.8 11 22\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 11 65536\r\n",
          "PROXY TCP4 1.2.3.4 5.6.7.8 011 22\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 -1 22\r\n",
          "PROXY TCP4 1.2.3.4 ::1 11 22\r\n", "PROXY TCP4 ::1 ::1 11 22\r\n",
          "PROXY TCP6 1.2.3.4 5.6.7.8 11 22\r\n", "PROXY TCP6 fe80::1%lo ::1 11 22\r\n",
          "PROXY TCP5 1.2.3.4 5.6.7.8 11 22\r\n", "PROXY tcp4 1.2.3.4 5.6.7.8 11 22\r\n",
          "PROXY UDP4 1.2.3.4 5.6.7.8 11 22\r\n", "PROXY \r\n", "PROXY \n", "PROXY UNKNOWNX\r\n"})
        EXPECT_EQ(ReadProxyHeader(line).state, State::malformed) << line;
    EXPECT_EQ(ReadProxyHeader("PROXY " + std::string(101, 'x')).state, State::malformed);
    EXPECT_EQ(ReadProxyHeader("PROXY " + std::string(100, 'x')).state, State::incomplete);
}

TEST(ProxyHeader, RefusesBinaryThatIsNotExact) {
    const std::string twelve(12, 'a');
    EXPECT_EQ(ReadProxyHeader(Binary(0x21, 0x11, twelve)).state, State::complete);
    EXPECT_EQ(ReadProxyHeader(Binary(0x21, 0x11, twelve.substr(1))).state, State::malformed);
    EXPECT_EQ(ReadProxyHeader(Binary(0x21, 0x21, twelve)).state, State::malformed);
    EXPECT_EQ(ReadProxyHeader(Binary(0x21, 0x12, twelve)).state, State::malformed) << "UDP";
    EXPECT_EQ(ReadProxyHeader(Binary(0x22, 0x11, twelve)).state, State::malformed) << "command 2";
    EXPECT_EQ(ReadProxyHeader(Binary(0x11, 0x11, twelve)).state, State::malformed) << "version 1";
    // The length alone says that it is too long.
    const std::string far = Binary(0x21, 0x11, std::string(kProxyHeaderMax, 'a')).substr(0, 16);
    EXPECT_EQ(ReadProxyHeader(far).state, State::malformed);
}

TEST(ProxyHeader, KnowsIpv4InsideOfIpv6) {
    const tcp::endpoint mapped(ip::make_address("::ffff:192.0.2.7"), 11);
    const tcp::endpoint plain(ip::make_address("192.0.2.7"), 11);
    EXPECT_EQ(ReadProxyHeader(TextLine(mapped, mapped)).client, plain);
    EXPECT_EQ(ReadProxyHeader(Binary(0x21, 0x21, BinaryAddresses(mapped, mapped))).client, plain);
}

TEST(ProxyHeader, IsAbsentFromTheFirstByteThatDiffers) {
    for (const char* other : {"G", "GET / HTTP/1.1\r\n", "{\"id\":1}\n", "\x16\x03\x01", "PROXX",
                              "PR ", "\r\n\r\n\r", "\n", "proxy "})
        EXPECT_EQ(ReadProxyHeader(other).state, State::absent) << other;
    EXPECT_EQ(ReadProxyHeader("").state, State::incomplete);
    EXPECT_EQ(ReadProxyHeader("PROX").state, State::incomplete);
}

}  // namespace
}  // namespace amber::server
