#include "server/admin/admin_server.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "server/admin/admin_methods.h"
#include "server/entrance/listener.h"
#include "server/protocol/line_buffer.h"
#include "server/wire/thread_name.h"

namespace amber::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::string_view kOption = "admin";  ///< where its address comes from
constexpr std::size_t kMaxLine = 1 << 20;
constexpr std::chrono::milliseconds kPause{100};  ///< after a failed accept
constexpr std::size_t kMaxConnections = 64;       ///< further ones are closed, with a warning

/// One operator's connection: one request at a time; the next is read when the last is answered.
/// A line that is no JSON is the last one: a web page can have the operator's browser send us HTTP,
/// with a request of its own among the lines.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    using OnEnd = std::function<void(const std::shared_ptr<Connection>&)>;

    Connection(std::weak_ptr<asio::io_context> context, tcp::socket socket, AdminMethods& methods,
               OnEnd on_end)
        : context_(std::move(context)),
          socket_(std::move(socket)),
          methods_(methods),
          on_end_(std::move(on_end)) {}

    void Read() {
        socket_.async_read_some(asio::buffer(chunk_),
                                [self = shared_from_this()](error_code error, std::size_t size) {
                                    if (error) return self->on_end_(self);
                                    self->lines_.Feed({self->chunk_.data(), size});
                                    self->Next();
                                });
    }

private:
    void Next() {
        const LineBuffer::Item item = lines_.Next();
        switch (item.event) {
            case LineBuffer::Event::none:
                lines_.Keep();
                return Read();
            case LineBuffer::Event::line:
                return Handle(item.line);
            case LineBuffer::Event::too_long:
            case LineBuffer::Event::abandon:
                spdlog::warn("admin RPC: a request of more than {} bytes is not read", kMaxLine);
                return on_end_(shared_from_this());
        }
    }

    void Handle(std::string_view line) {
        // The answer may come from another thread, and after all of this is gone.
        const auto respond = [weak = weak_from_this(), context = context_](std::string answer) {
            const auto alive = context.lock();
            if (!alive) return;
            asio::post(*alive, [weak, answer = std::move(answer)]() mutable {
                if (const auto self = weak.lock()) self->Write(std::move(answer));
            });
        };
        is_last_ = !methods_.Handle(line, respond);
    }

    void Write(std::string answer) {
        answer_ = std::move(answer);
        asio::async_write(socket_, asio::buffer(answer_),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (error || self->is_last_) return self->on_end_(self);
                              self->Next();
                          });
    }

    const std::weak_ptr<asio::io_context> context_;
    tcp::socket socket_;
    AdminMethods& methods_;
    const OnEnd on_end_;
    LineBuffer lines_{kMaxLine};
    std::array<char, 4096> chunk_;
    bool is_last_ = false;  ///< no further line is looked at
    std::string answer_;
};

}  // namespace

class AdminServer::Impl {
public:
    Impl(const std::string& host, std::uint16_t port, AdminTarget target)
        : methods_(std::move(target)), acceptor_(*context_) {
        Listen(acceptor_, MakeEndpoint(host, port, kOption), kOption);
        port_ = acceptor_.local_endpoint().port();
        Accept();
        thread_ = std::thread([this] { Run(); });
    }

    ~Impl() {
        context_->stop();
        thread_.join();
        connections_.clear();
    }

    std::uint16_t Port() const { return port_; }

private:
    void Run() {
        NameThisThread("admin");
        while (!context_->stopped()) {
            try {
                context_->run();
            } catch (const std::exception& error) {
                spdlog::error("admin RPC: {}", error.what());
            }
        }
    }

    void Accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (!error && connections_.size() < kMaxConnections) {
                auto connection = std::make_shared<Connection>(
                    context_, std::move(socket), methods_,
                    [this](const auto& ended) { connections_.erase(ended); });
                connections_.insert(connection);
                connection->Read();
            } else if (!error) {
                spdlog::warn(
                    "admin RPC: {} connections are open already, and another one was closed; end "
                    "the programs that hold them",
                    connections_.size());
            }
            if (!error) return Accept();
            pause_.expires_after(kPause);
            pause_.async_wait([this](error_code) { Accept(); });
        });
    }

    const std::shared_ptr<asio::io_context> context_ = std::make_shared<asio::io_context>(1);
    AdminMethods methods_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_{*context_};
    std::set<std::shared_ptr<Connection>> connections_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

AdminServer::AdminServer(const std::string& host, std::uint16_t port, AdminTarget target)
    : impl_(std::make_unique<Impl>(host, port, std::move(target))) {}

AdminServer::~AdminServer() = default;

std::uint16_t AdminServer::Port() const { return impl_->Port(); }

}  // namespace amber::server
