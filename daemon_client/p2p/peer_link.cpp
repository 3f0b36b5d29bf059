#include "daemon_client/p2p/peer_link.h"

#include <spdlog/spdlog.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace amber::daemon_client {

namespace asio = boost::asio;
using boost::system::error_code;
using Kind = PeerError::Kind;

PeerLink::PeerLink(asio::io_context& io, const index::Coin& coin, PeerAddress address,
                   std::uint64_t id, PeerMachine::Limits limits, NonceSet& nonces, PeerTally& tally,
                   Events events)
    : coin_(coin),
      address_(std::move(address)),
      tally_(tally),
      events_(std::move(events)),
      socket_(io),
      resolver_(io),
      timer_(io),
      reader_(coin),
      machine_(coin, id, address_.Label(), limits, nonces, Clock::now()) {}

void PeerLink::Start() {
    Arm();
    error_code error;
    const auto address = asio::ip::make_address(address_.host, error);
    if (!error) return Connect({{address, address_.port}});
    resolver_.async_resolve(
        address_.host, std::to_string(address_.port),
        [self = shared_from_this()](const error_code& failed, const auto& found) {
            if (self->ended_) return;
            if (failed)
                return self->End({Kind::unreachable,
                                  "cannot find the address of the host: " + failed.message()});
            std::vector<tcp::endpoint> endpoints;
            for (const auto& entry : found) endpoints.push_back(entry.endpoint());
            self->Connect(endpoints);
        });
}

void PeerLink::End(PeerError why) {
    Handle([&] { machine_.Fail(std::move(why)); });
}

void PeerLink::Connect(const std::vector<tcp::endpoint>& endpoints) {
    asio::async_connect(
        socket_, endpoints,
        [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
            if (self->ended_) return;
            if (error) return self->End({Kind::unreachable, "cannot connect: " + error.message()});
            self->OnConnected();
        });
}

void PeerLink::OnConnected() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    const auto time = std::chrono::system_clock::now().time_since_epoch();
    Handle([&] {
        machine_.OnConnected(std::chrono::duration_cast<std::chrono::seconds>(time).count());
    });
    if (!ended_) Read();
}

void PeerLink::Read() {
    const auto room = reader_.Room();
    socket_.async_read_some(
        asio::buffer(room.data(), room.size()),
        [self = shared_from_this()](const error_code& error, std::size_t count) {
            self->OnRead(error, count);
        });
}

void PeerLink::OnRead(const error_code& error, std::size_t count) {
    if (ended_) return;
    if (error) return End({Kind::closed, HowItClosed(error)});
    heard_ = true;
    reader_.Received(count);
    tally_.Update([&](auto& status) { status.bytes_in += count; });
    for (bool more = true; more && !ended_;) {
        Handle([&] {
            auto message = reader_.Next();
            more = message.has_value() && message->has_value();
            if (message.has_error()) return machine_.Fail(message.error());
            if (!more) return;
            const Command command = (*message)->command;
            tally_.Update(
                [&](auto& status) { ++status.messages_in[std::string(CommandName(command))]; });
            machine_.OnMessage(std::move(**message), Clock::now());
        });
    }
    if (!ended_) Read();
}

std::string PeerLink::HowItClosed(const error_code& error) const {
    std::string text = "it closed the connection";
    if (!handle_) text += " during the handshake (is it on another network, or full?)";
    if (reader_.InMessage()) text += " in the middle of a message";
    return error == asio::error::eof ? text : text + ": " + error.message();
}

template <class Event>
void PeerLink::Handle(Event event) {
    if (ended_) return;
    Foreign(event);
    CarryOut();
}

/// Runs what may throw, handlers of users above all. What it throws ends the connection.
template <class Call>
void PeerLink::Foreign(Call call) {
    try {
        call();
    } catch (const std::exception& error) {
        spdlog::error("peer {}: a handler failed: {}", address_.Label(), error.what());
        machine_.Fail({Kind::stopped, std::string("a handler failed: ") + error.what()});
    }
}

void PeerLink::CarryOut() {
    PeerMachine::Output output = machine_.TakeOutput();
    if (output.became_ready) Foreign([&] { BecomeReady(); });
    Foreign([&] { Queue(output.send); });
    if (output.round_trip)
        tally_.Update([&](auto& status) { status.round_trip = *output.round_trip; });
    if (!output.announced.empty()) Foreign([&] { events_.on_blocks(output.announced); });
    if (machine_.Error()) return Finish(std::move(output.answered));
    Deliver(output.answered);
    if (machine_.Error()) return Finish({});
    Write();
    Arm();
}

void PeerLink::BecomeReady() {
    auto handle = std::make_shared<PeerHandle>(
        coin_, machine_.GetFacts(), [weak = weak_from_this(), io = socket_.get_executor()] {
            asio::post(io, [weak] {
                if (const auto self = weak.lock()) self->TakeMail();
            });
        });
    handle_ = std::move(handle);
    tally_.Update([](auto& status) {
        status.ready = true;
        ++status.connects;
    });
    events_.on_ready(handle_);
}

void PeerLink::TakeMail() {
    if (ended_) return;
    Handle([&] {
        PeerHandle::Mail mail = handle_->TakeMail();
        tally_.Update([&](auto& status) {
            status.requests += mail.requests.size();
            status.waiting += mail.requests.size();
        });
        for (auto& request : mail.requests) machine_.Submit(std::move(request), Clock::now());
        if (mail.drop) machine_.Fail(std::move(*mail.drop));
    });
}

void PeerLink::Queue(const std::vector<Message>& messages) {
    for (const Message& message : messages) {
        const index::Bytes bytes = WriteMessage(coin_, message.command, message.payload);
        unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
        tally_.Update([&](auto& status) {
            status.bytes_out += bytes.size();
            ++status.messages_out[std::string(CommandName(message.command))];
        });
    }
    if (unsent_.size() > kUnsentMax)
        machine_.Fail({Kind::malformed, "it does not read: " + std::to_string(unsent_.size()) +
                                            " bytes wait to be sent"});
}

void PeerLink::Write() {
    if (unsent_.empty() || !sending_.empty()) return;
    sending_ = std::exchange(unsent_, {});
    asio::async_write(socket_, asio::buffer(sending_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                          if (self->ended_) return;
                          self->sending_.clear();
                          // A reader that finds the end of the stream knows better why.
                          if (!error) self->Write();
                      });
}

void PeerLink::Arm() {
    const PeerMachine::Time deadline = machine_.Deadline();
    if (armed_ <= deadline) return;
    armed_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
        if (cancelled || self->ended_) return;
        self->armed_ = PeerMachine::Time::max();
        self->Handle([&] { self->machine_.OnTime(Clock::now()); });
    });
}

void PeerLink::Deliver(const std::vector<std::unique_ptr<Exchange>>& answered) {
    for (const auto& exchange : answered) {
        tally_.Update([&](auto& status) {
            --status.waiting;
            status.failures += exchange->Failed();
        });
        Foreign([&] { exchange->Deliver(); });
    }
}

/// The machine has ended. The socket first, then the handle, so that whoever gets an error here and
/// asks again gets the same one.
void PeerLink::Finish(std::vector<std::unique_ptr<Exchange>> answered) {
    ended_ = true;
    const PeerError& error = *machine_.Error();
    error_code ignored;
    socket_.close(ignored);
    resolver_.cancel();
    timer_.cancel();
    std::vector<std::unique_ptr<Exchange>> unseen;
    if (handle_) unseen = handle_->Close(error);
    tally_.Update([&](auto& status) {
        status.ready = false;
        status.last_error = error.message;
        status.requests += unseen.size();
        status.waiting += unseen.size();
        status.handshake_failures += !handle_;
        ++status.ends[error.kind];
    });
    Deliver(answered);
    Deliver(machine_.TakeOutput().answered);
    Deliver(unseen);
    Foreign([&] { events_.on_end(error); });
}

}  // namespace amber::daemon_client
