#include "daemon_client/http_connection.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <optional>

namespace amber::daemon_client {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using index::NodeError;
using index::NodeResult;
using tcp = asio::ip::tcp;

namespace {

/// A body grows by this much at a time, so that a Content-Length that lies costs no memory.
constexpr std::size_t kBodyStep = std::size_t{4} << 20;

auto Into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

bool IsHangUp(const error_code& error) {
    return error == asio::error::eof || error == asio::error::connection_reset ||
           error == asio::error::broken_pipe || error == http::error::end_of_stream;
}

}  // namespace

class HttpConnection::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::io_context& io, const NodeUrl& url, Limits limits)
        : url_(url), limits_(limits), socket_(io), resolver_(io), timer_(io) {}

    void Send(HttpRequest request, Done done) {
        busy_ = true;
        asio::co_spawn(
            socket_.get_executor(),
            [self = shared_from_this(), request = std::move(request),
             done = std::move(done)]() mutable -> asio::awaitable<void> {
                NodeResult<HttpAnswer> result = co_await self->Run(std::move(request));
                self->timer_.cancel();
                if (self->dropped_) co_return;
                self->busy_ = false;
                done(std::move(result));
            },
            asio::detached);
    }

    void Drop() {
        dropped_ = true;
        timer_.cancel();
        resolver_.cancel();
        Close();
    }

    [[nodiscard]] bool Busy() const { return busy_; }
    void Recycle(index::Bytes body) { spare_ = std::move(body); }

private:
    asio::awaitable<NodeResult<HttpAnswer>> Run(HttpRequest request) {
        const std::string head = Head(request);
        for (;;) {
            const bool reused = socket_.is_open();
            if (!reused) {
                if (auto error = co_await Connect()) co_return *error;
            }
            Arm(request.timeout);
            answer_started_ = false;
            NodeResult<HttpAnswer> result = co_await Exchange(head, request.body);
            if (result.has_value()) co_return result;
            Close();
            // The node closes idle connections when it likes; that is no failure of this request.
            if (!reused || !hung_up_ || answer_started_) co_return result;
        }
    }

    [[nodiscard]] std::string Head(const HttpRequest& request) const {
        std::string head = request.body.empty() ? "GET " : "POST ";
        head += request.target + " HTTP/1.1\r\nHost: " + url_.Label() + "\r\n";
        if (!request.authorization.empty())
            head += "Authorization: " + request.authorization + "\r\n";
        if (!request.body.empty())
            head += "Content-Type: application/json\r\nContent-Length: " +
                    std::to_string(request.body.size()) + "\r\n";
        return head + "\r\n";
    }

    asio::awaitable<std::optional<NodeError>> Connect() {
        Arm(limits_.connect_timeout);
        error_code error;
        std::vector<tcp::endpoint> endpoints;
        const auto address = asio::ip::make_address(url_.host, error);
        if (!error) {
            endpoints.emplace_back(address, url_.port);
        } else {
            const auto found =
                co_await resolver_.async_resolve(url_.host, std::to_string(url_.port), Into(error));
            if (error) co_return Failure(error, "cannot find the address of the host");
            for (const auto& entry : found) endpoints.push_back(entry.endpoint());
        }
        for (const tcp::endpoint& endpoint : endpoints) {
            Close();
            co_await socket_.async_connect(endpoint, Into(error));
            if (!error || timed_out_ || dropped_) break;
        }
        if (error || timed_out_) {
            Close();
            co_return Failure(error, "cannot connect (is the node running, with server=1?)");
        }
        socket_.set_option(tcp::no_delay(true), error);
        buffer_.clear();
        co_return std::nullopt;
    }

    asio::awaitable<NodeResult<HttpAnswer>> Exchange(const std::string& head,
                                                     const std::string& body) {
        hung_up_ = false;
        error_code error;
        const std::array<asio::const_buffer, 2> out{asio::buffer(head), asio::buffer(body)};
        co_await asio::async_write(socket_, out, Into(error));
        if (error) co_return Failure(error, "cannot send");

        http::response_parser<http::empty_body> parser;
        parser.body_limit(limits_.max_body);
        co_await http::async_read_header(socket_, buffer_, parser, Into(error));
        answer_started_ = parser.got_some();
        if (error == http::error::body_limit) co_return TooLong();
        if (error) co_return Failure(error, "no answer");

        HttpAnswer answer;
        answer.status = static_cast<int>(parser.get().result_int());
        const bool keep = parser.keep_alive();
        std::optional<NodeError> failure;
        if (parser.content_length() && !parser.chunked())
            failure = co_await ReadSized(answer.body, *parser.content_length());
        else
            failure = co_await ReadUnsized(answer.body, parser);
        if (failure) co_return std::move(*failure);
        // Bytes after the answer belong to no request of ours.
        if (!keep || buffer_.size() != 0) Close();
        co_return answer;
    }

    /// The usual case. Read by hand: straight into the body, in pieces as large as the socket has.
    asio::awaitable<std::optional<NodeError>> ReadSized(index::Bytes& body, std::uint64_t length) {
        if (length > limits_.max_body) co_return TooLong();
        const auto size = static_cast<std::size_t>(length);
        body = std::move(spare_);
        if (body.capacity() < size) body = index::Bytes();
        body.reserve(size);
        std::size_t got = std::min(buffer_.size(), size);
        if (body.size() < got) body.resize(got);
        std::copy_n(static_cast<const std::uint8_t*>(buffer_.cdata().data()), got, body.data());
        buffer_.consume(got);
        while (got < size) {
            const std::size_t room = std::min(size, got + kBodyStep);
            if (body.size() < room) body.resize(room);
            error_code error;
            got += co_await socket_.async_read_some(
                asio::buffer(body.data() + got, std::min(body.size(), size) - got), Into(error));
            if (!error) continue;
            co_return Failure(error, "answer cut off after " + std::to_string(got) + " of " +
                                         std::to_string(size) + " bytes");
        }
        body.resize(size);
        co_return std::nullopt;
    }

    /// Chunked, or up to the end of the connection: nodes do not, but proxies before them may.
    asio::awaitable<std::optional<NodeError>> ReadUnsized(
        index::Bytes& body, http::response_parser<http::empty_body>& head) {
        http::response_parser<http::vector_body<std::uint8_t>> parser(std::move(head));
        parser.body_limit(limits_.max_body);
        error_code error;
        co_await http::async_read(socket_, buffer_, parser, Into(error));
        if (error == http::error::body_limit) co_return TooLong();
        if (error) co_return Failure(error, "answer cut off");
        body = std::move(parser.get().body());
        co_return std::nullopt;
    }

    void Arm(std::chrono::milliseconds limit) {
        timed_out_ = false;
        timer_limit_ = limit;
        timer_.expires_after(limit);
        timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
            // A wait that had ended before it was cancelled finds the expiry moved on.
            if (cancelled || self->timer_.expiry() > asio::steady_timer::clock_type::now()) return;
            self->timed_out_ = true;
            self->resolver_.cancel();
            self->Close();
        });
    }

    void Close() {
        error_code ignored;
        socket_.close(ignored);
    }

    [[nodiscard]] NodeError Failure(const error_code& error, const std::string& what) {
        const std::string where = "daemon " + url_.Label() + ": ";
        if (timed_out_)
            return {NodeError::Kind::timeout, 0,
                    where + what + " within " + std::to_string(timer_limit_.count()) + " ms"};
        hung_up_ = IsHangUp(error);
        const bool garbage = error != http::error::end_of_stream &&
                             error.category() == error_code(http::error::end_of_stream).category();
        const bool cut = answer_started_ && hung_up_;
        return {garbage || cut ? NodeError::Kind::malformed : NodeError::Kind::unreachable, 0,
                where + what + ": " + error.message()};
    }

    [[nodiscard]] NodeError TooLong() {
        return {NodeError::Kind::malformed, 0,
                "daemon " + url_.Label() + ": answer longer than the limit of " +
                    std::to_string(limits_.max_body) + " bytes"};
    }

    const NodeUrl url_;
    const Limits limits_;
    tcp::socket socket_;
    tcp::resolver resolver_;
    asio::steady_timer timer_;
    std::chrono::milliseconds timer_limit_{};
    boost::beast::flat_buffer buffer_{64 * 1024};
    index::Bytes spare_;
    bool busy_ = false;
    bool dropped_ = false;         ///< the owner is gone
    bool timed_out_ = false;       ///< of the current phase, connecting or exchanging
    bool answer_started_ = false;  ///< a byte of the current answer has come
    bool hung_up_ = false;         ///< the last failure was the other side closing
};

HttpConnection::HttpConnection(asio::io_context& io, const NodeUrl& url, Limits limits)
    : impl_(std::make_shared<Impl>(io, url, limits)) {}

HttpConnection::~HttpConnection() { impl_->Drop(); }

void HttpConnection::Send(HttpRequest request, Done done) {
    impl_->Send(std::move(request), std::move(done));
}

bool HttpConnection::Busy() const { return impl_->Busy(); }

void HttpConnection::Recycle(index::Bytes body) { impl_->Recycle(std::move(body)); }

}  // namespace amber::daemon_client
