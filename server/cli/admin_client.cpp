#include "server/cli/admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace amber::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kLongestAnswer = std::size_t{1} << 30;

tcp::socket Connect(asio::io_context& context, const config::Endpoint& admin) {
    boost::system::error_code error;
    tcp::resolver resolver(context);
    tcp::socket socket(context);
    const auto found = resolver.resolve(admin.host, std::to_string(admin.port), error);
    if (!error) asio::connect(socket, found, error);
    if (error) {
        throw NoAnswer("cannot reach amberd's admin port at " + ToString(admin) + " (" +
                       error.message() +
                       "). Is amberd running? Is it on another network (--network) or on another "
                       "port (--admin)? Its first log lines name the port");
    }
    return socket;
}

}  // namespace

std::string Ask(const config::Endpoint& admin, const std::string& line) {
    asio::io_context context;
    tcp::socket socket = Connect(context, admin);
    boost::system::error_code error;
    asio::write(socket, asio::buffer(line), error);
    std::string answer;
    if (!error) {
        const std::size_t size =
            asio::read_until(socket, asio::dynamic_buffer(answer, kLongestAnswer), '\n', error);
        if (!error) return answer.substr(0, size - 1);
    }
    throw NoAnswer("amberd at " + ToString(admin) + " closed the connection without an answer (" +
                   error.message() + "); its log says why");
}

}  // namespace amber::server
