#include "server/wire/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace amber::server {
namespace {

/// For a size and errno as recv() and send() leave them.
WireResult SystemResult(ssize_t size, WireState when_blocked) {
    if (size > 0) return {WireState::done, static_cast<std::size_t>(size)};
    if (size == 0) return {WireState::ended};
    return {errno == EAGAIN || errno == EWOULDBLOCK ? when_blocked : WireState::failed};
}

int IntSize(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

Wire::Wire(boost::asio::io_context& context, Descriptor descriptor, SslPtr tls)
    : waiter_(context), tls_(std::move(tls)) {
    boost::system::error_code error;
    waiter_.assign(descriptor.Get(), error);
    if (!error) static_cast<void>(descriptor.Release());
}

WireResult Wire::TlsResult(int returned) {
    switch (SSL_get_error(tls_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return {WireState::wait_read};
        case SSL_ERROR_WANT_WRITE:
            return {WireState::wait_write};
        case SSL_ERROR_ZERO_RETURN:
            return {WireState::ended};
        case SSL_ERROR_SYSCALL:
            error_ = "connection lost";
            break;
        default:
            error_ = OpenSslError();
            break;
    }
    failed_ = true;
    return {WireState::failed};
}

/// Whether OpenSSL knows more than Read() has told: bytes, or that no more will come. The system
/// would not wake us for it.
bool Wire::HasReadAhead() const {
    if (!tls_) return false;
    const int shut = SSL_get_shutdown(tls_.get());
    if ((shut & SSL_SENT_SHUTDOWN) != 0) return false;  // from then on, reads pass it by
    return failed_ || (shut & SSL_RECEIVED_SHUTDOWN) != 0 || SSL_pending(tls_.get()) > 0;
}

WireResult Wire::Handshake() {
    ERR_clear_error();
    const int returned =
        SSL_is_server(tls_.get()) ? SSL_accept(tls_.get()) : SSL_connect(tls_.get());
    return returned == 1 ? WireResult{WireState::done} : TlsResult(returned);
}

WireResult Wire::Read(std::span<char> into) {
    if (!tls_)
        return SystemResult(recv(Native(), into.data(), into.size(), MSG_DONTWAIT),
                            WireState::wait_read);
    // A record holds 16 kB at most, and often one request: together they are worth one answer.
    std::size_t size = 0;
    while (size < into.size() && !failed_) {
        ERR_clear_error();
        const int returned = SSL_read(tls_.get(), into.data() + size, IntSize(into.size() - size));
        if (returned <= 0) {
            const WireResult why = TlsResult(returned);
            return size > 0 ? WireResult{WireState::done, size} : why;
        }
        size += static_cast<std::size_t>(returned);
    }
    return size > 0 ? WireResult{WireState::done, size} : WireResult{WireState::failed};
}

WireResult Wire::Write(std::string_view bytes) {
    std::size_t size = 0;
    while (size < bytes.size() && !failed_) {
        const char* next = bytes.data() + size;
        WireResult result;
        if (tls_) {
            ERR_clear_error();
            const int returned = SSL_write(tls_.get(), next, IntSize(bytes.size() - size));
            result = returned > 0 ? WireResult{WireState::done, static_cast<std::size_t>(returned)}
                                  : TlsResult(returned);
        } else {
            result =
                SystemResult(send(Native(), next, bytes.size() - size, MSG_DONTWAIT | MSG_NOSIGNAL),
                             WireState::wait_write);
        }
        if (result.state == WireState::ended) result.state = WireState::failed;
        if (result.state != WireState::done) return {result.state, size};
        size += result.size;
    }
    return {failed_ ? WireState::failed : WireState::done, size};
}

WireResult Wire::Drain(std::span<char> scratch) {
    return SystemResult(recv(Native(), scratch.data(), scratch.size(), MSG_DONTWAIT),
                        WireState::wait_read);
}

void Wire::EndOutput() {
    if (tls_) {
        ERR_clear_error();
        if (!failed_) SSL_shutdown(tls_.get());  // the peer's answer is not waited for
        SSL_set_shutdown(tls_.get(), SSL_get_shutdown(tls_.get()) | SSL_SENT_SHUTDOWN);
    }
    shutdown(Native(), SHUT_WR);
}

void Wire::Close() {
    boost::system::error_code ignored;
    waiter_.close(ignored);
}

void Wire::SendAtOnce() {
    const int on = 1;
    setsockopt(Native(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // unix sockets have no such
}

std::pair<Descriptor, SslPtr> Wire::Release() {
    return {Descriptor(waiter_.release()), std::move(tls_)};
}

}  // namespace amber::server
