#include "tests/daemon_client/p2p/driven_machine.h"

#include <algorithm>
#include <stdexcept>

#include "tests/daemon_client/regtest.h"

namespace amber::daemon_client {

using index::BlockHash;
using index::Bytes;

VersionPayload GoodVersion() {
    return {.protocol = 70016,
            .services = kNodeNetwork | kNodeWitness,
            .time = 1'700'000'000,
            .nonce = 7,
            .user_agent = "/Staged:1.0/",
            .start_height = 120};
}

DrivenMachine::DrivenMachine(PeerMachine::Limits limits)
    : machine_(Regtest(), 1, "staged:1", limits, nonces_, now_) {}

void DrivenMachine::Connect() {
    machine_.OnConnected(1'700'000'123);
    Collect();
}

void DrivenMachine::Receive(Command command, const Bytes& payload) {
    machine_.OnMessage({command, payload}, now_);
    Collect();
}

void DrivenMachine::Advance(std::chrono::milliseconds delay) {
    const auto end = now_ + delay;
    while (machine_.Deadline() <= end) {
        now_ = std::max(now_, machine_.Deadline());
        machine_.OnTime(now_);
        if (machine_.Deadline() <= now_) throw std::logic_error("a deadline does not move");
        Collect();
    }
    now_ = end;
    machine_.OnTime(now_);
    Collect();
}

void DrivenMachine::Fail(PeerError why) {
    machine_.Fail(std::move(why));
    Collect();
}

void DrivenMachine::ShakeHands(std::uint64_t services) {
    Connect();
    VersionPayload version = GoodVersion();
    version.services = services;
    Receive(Command::version, WriteVersion(version));
    Receive(Command::verack);
}

std::shared_ptr<DrivenMachine::Asked> DrivenMachine::AskHeaders(std::vector<BlockHash> locator) {
    auto asked = std::make_shared<Asked>();
    asked->asked = now_;
    auto done = [this, asked](PeerResult<std::vector<Bytes>> result) {
        Answered(*asked, result);
        if (result.has_value()) asked->got = std::move(*result);
    };
    machine_.Submit(MakeHeadersExchange(Regtest(), std::move(locator), done), now_);
    Collect();
    return asked;
}

std::shared_ptr<DrivenMachine::Asked> DrivenMachine::AskBlocks(
    const std::vector<BlockHash>& hashes) {
    auto asked = std::make_shared<Asked>();
    asked->asked = now_;
    auto done = [this, asked](PeerResult<Peer::Blocks> result) {
        Answered(*asked, result);
        if (result.has_error()) return;
        asked->got = std::move(result->raw);
        asked->missing = std::move(result->missing);
    };
    machine_.Submit(MakeBlocksExchange(hashes, done), now_);
    Collect();
    return asked;
}

template <class Result>
void DrivenMachine::Answered(Asked& asked, const Result& result) {
    ++asked.answers;
    asked.answered = now_;
    if (result.has_error()) asked.error = result.error();
}

void DrivenMachine::Collect() {
    PeerMachine::Output output = machine_.TakeOutput();
    times_ready += output.became_ready;
    for (Message& message : output.send) {
        if (message.command == Command::version) our_nonce_ = ReadVersion(message.payload)->nonce;
        sent_.push_back(std::move(message));
    }
    announced.insert(announced.end(), output.announced.begin(), output.announced.end());
    if (output.round_trip) round_trip = output.round_trip;
    for (const auto& exchange : output.answered) exchange->Deliver();
}

}  // namespace amber::daemon_client
