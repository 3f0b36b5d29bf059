#include "server/cli/admin_client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace amber::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Accepts one connection, reads a line, answers in pieces and closes.
class FakeAdmin {
public:
    explicit FakeAdmin(std::vector<std::string> pieces)
        : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
          thread_([this, pieces = std::move(pieces)] { Serve(pieces); }) {}
    ~FakeAdmin() { thread_.join(); }
    FakeAdmin(const FakeAdmin&) = delete;
    FakeAdmin& operator=(const FakeAdmin&) = delete;

    config::Endpoint Address() { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
    const std::string& Line() const { return line_; }

private:
    void Serve(const std::vector<std::string>& pieces) {
        tcp::socket socket = acceptor_.accept();
        asio::read_until(socket, asio::dynamic_buffer(line_), '\n');
        for (const std::string& piece : pieces) asio::write(socket, asio::buffer(piece));
    }

    asio::io_context context_;
    tcp::acceptor acceptor_;
    std::string line_;
    std::thread thread_;
};

TEST(AdminClient, SendsALineAndReturnsTheAnswer) {
    FakeAdmin admin({"{\"result\"", ":5}\n", "more"});
    EXPECT_EQ(Ask(admin.Address(), "hello\n"), "{\"result\":5}");
    EXPECT_EQ(admin.Line(), "hello\n");
}

TEST(AdminClient, SaysWhenTheAnswerIsCutOff) {
    FakeAdmin admin({"{\"result\""});
    try {
        Ask(admin.Address(), "hello\n");
        FAIL();
    } catch (const NoAnswer& trouble) {
        EXPECT_NE(std::string(trouble.what()).find("without an answer"), std::string::npos);
    }
}

TEST(AdminClient, SaysWhatToCheckWhereNobodyListens) {
    asio::io_context context;
    tcp::acceptor unused(context, {asio::ip::address_v4::loopback(), 0});
    const auto port = unused.local_endpoint().port();
    unused.close();
    try {
        Ask({"127.0.0.1", port}, "hello\n");
        FAIL();
    } catch (const NoAnswer& trouble) {
        const std::string text = trouble.what();
        for (const char* part : {"Is amberd running?", "--network", "--admin"}) {
            EXPECT_NE(text.find(part), std::string::npos) << text;
        }
    }
}

}  // namespace
}  // namespace amber::server
