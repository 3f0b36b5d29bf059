#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon_client/node_url.h"
#include "index/chain/bytes.h"
#include "index/ports/node_error.h"

namespace boost::asio {
class io_context;
}

namespace amber::daemon_client {

struct HttpRequest {
    std::string target = "/";
    std::string body = {};                     ///< empty: GET, otherwise POST
    std::string authorization = {};            ///< header value; empty: none
    std::chrono::milliseconds timeout{60000};  ///< from sending to the last byte of the answer
};

struct HttpAnswer {
    int status = 0;
    index::Bytes body;

    [[nodiscard]] std::string_view Text() const {
        return {reinterpret_cast<const char*>(body.data()), body.size()};
    }
};

/// One HTTP/1.1 connection to a node: connects when first used, stays open between requests,
/// connects again when the node has closed it meanwhile. One request at a time.
/// Thread: everything on the thread that runs the io_context.
class HttpConnection {
public:
    struct Limits {
        std::chrono::milliseconds connect_timeout{5000};
        std::size_t max_body = std::size_t{128} << 20;
    };
    /// Any status is an answer; an error (unreachable, timeout, malformed) means there was none.
    using Done = std::function<void(index::NodeResult<HttpAnswer>)>;

    HttpConnection(boost::asio::io_context& io, const NodeUrl& url, Limits limits);
    /// Drops a request in flight; its handler is not called.
    ~HttpConnection();

    /// Precondition: not Busy(). The handler may send the next request or destroy the connection.
    void Send(HttpRequest request, Done done);
    [[nodiscard]] bool Busy() const;

    /// Takes back the memory of a body that is no longer needed, for the next answer.
    void Recycle(index::Bytes body);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace amber::daemon_client
