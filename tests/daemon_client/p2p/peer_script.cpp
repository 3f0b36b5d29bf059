#include "tests/daemon_client/p2p/peer_script.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "daemon_client/p2p/message_reader.h"
#include "index/chain/byte_reader.h"
#include "tests/daemon_client/p2p/driven_machine.h"
#include "tests/daemon_client/regtest.h"
#include "tests/support/fake_node.h"

namespace amber::daemon_client {
namespace {

using index::BlockHash;
using index::ByteReader;
using index::Bytes;
using index::ByteView;
using std::chrono::milliseconds;

constexpr std::size_t kChainBlocks = 12;

void Must(bool good, const char* what) {
    if (!good) throw std::logic_error(what);
}

struct Chain {
    std::vector<Bytes> blocks = test::MakeChain(kChainBlocks);
    std::vector<BlockHash> hashes;
    Chain() {
        for (const Bytes& block : blocks) hashes.push_back(test::HashOfBlock(block));
    }
};
const Chain& TheChain() {
    static const Chain chain;
    return chain;
}

class Player {
public:
    explicit Player(ByteView script) : script_(script) {}

    ScriptOutcome Play() {
        while (script_.Ok() && script_.Left() > 0) {
            Step(script_.U8());
            CheckPromises();
        }
        // A peer that falls silent is found out after two heartbeats.
        peer_.Advance(2 * limits_.heartbeat);
        Must(peer_.Machine().Error().has_value(), "silence goes unnoticed");
        CheckPromises();
        return Outcome();
    }

private:
    void Step(std::uint8_t step) {
        switch (step & 7) {
            case 0:
                return Feed(Take(script_.U8()));
            case 1:
                return ForeignMessage();
            case 2:
                return WhatFits(script_.U8());
            case 3:
                return AskBlocks(script_.U16());
            case 4:
                return AskHeaders(script_.U8() % kChainBlocks);
            case 6:
                return peer_.Connect();
            case 7:
                if (step == 0xff)
                    return peer_.Fail({PeerError::Kind::closed, "the script says so"});
                break;
            default:
                break;
        }
        const milliseconds n{script_.U8()};
        peer_.Advance(n * n.count());
    }

    /// As many as there are.
    ByteView Take(std::size_t count) { return script_.Take(std::min(count, script_.Left())); }

    void Feed(ByteView bytes) {
        while (!bytes.empty() && !peer_.Machine().Error()) {
            const auto room = reader_.Room();
            Must(!room.empty(), "no room to read into");
            const std::size_t count = std::min(room.size(), bytes.size());
            std::copy_n(bytes.begin(), count, room.begin());
            reader_.Received(count);
            bytes = bytes.subspan(count);
            while (!peer_.Machine().Error()) {
                auto message = reader_.Next();
                if (message.has_error()) return peer_.Fail(message.error());
                if (!*message) break;
                peer_.Receive((*message)->command, (*message)->payload);
            }
        }
    }

    void Say(Command command, const Bytes& payload) {
        Feed(WriteMessage(Regtest(), command, payload));
    }

    void ForeignMessage() {
        const auto command = static_cast<Command>(script_.U8() % kCommands);
        const ByteView payload = Take(script_.U8());
        Say(command, Bytes(payload.begin(), payload.end()));
    }

    void WhatFits(std::uint8_t which) {
        const std::size_t i = which / 8 % kChainBlocks;
        const BlockHash& hash = TheChain().hashes[i];
        switch (which % 8) {
            case 0:
                return Say(Command::version, WriteVersion(GoodVersion()));
            case 1:
                return Say(Command::verack, {});
            case 2:
                for (const Message& message : peer_.TakeSent())
                    if (message.command == Command::ping) Say(Command::pong, message.payload);
                return;
            case 3:
                return Say(Command::block, TheChain().blocks[i]);
            case 4:
                return Say(Command::headers, HeadersAfter(i));
            case 5:
                return Say(Command::notfound, WriteInventory({{InventoryItem::kBlock, hash}}));
            case 6:
                return AnswerTheFirst();
            default:
                return Say(Command::inv, WriteInventory({{InventoryItem::kBlock, hash}}));
        }
    }

    void AnswerTheFirst() {
        const auto waits = [](const Question& question) { return question.asked->answers == 0; };
        const auto first = std::ranges::find_if(questions_, waits);
        if (first == questions_.end()) return;
        if (first->blocks.empty()) return Say(Command::headers, HeadersAfter(first->after));
        for (std::size_t i = 0; i < kChainBlocks; ++i)
            if (first->blocks.contains(TheChain().hashes[i]))
                Say(Command::block, TheChain().blocks[i]);
    }

    static Bytes HeadersAfter(std::size_t i) {
        Bytes payload{static_cast<std::uint8_t>(kChainBlocks - 1 - i)};
        for (++i; i < kChainBlocks; ++i) {
            const Bytes& block = TheChain().blocks[i];
            payload.insert(payload.end(), block.begin(), block.begin() + 80);
            payload.push_back(0);
        }
        return payload;
    }

    struct Question {
        std::set<BlockHash> blocks;  ///< empty: headers were asked for, or nothing
        std::size_t after;           ///< which block, if headers
        std::shared_ptr<DrivenMachine::Asked> asked;
    };

    void AskBlocks(std::uint16_t mask) {
        std::vector<BlockHash> hashes;
        for (std::size_t i = 0; i < kChainBlocks; ++i)
            if (mask >> i & 1) hashes.push_back(TheChain().hashes[i]);
        auto asked = peer_.AskBlocks(hashes);
        questions_.push_back({{hashes.begin(), hashes.end()}, 0, std::move(asked)});
    }

    void AskHeaders(std::size_t after) {
        questions_.push_back({{}, after, peer_.AskHeaders({TheChain().hashes[after]})});
    }

    void CheckPromises() {
        const auto& error = peer_.Machine().Error();
        if (!first_error_.empty()) {
            Must(error && error->message == first_error_, "the first error changed");
            Must(peer_.TakeSent().empty(), "something was sent after the end");
        }
        if (error && first_error_.empty()) {
            first_error_ = error->message;
            peer_.TakeSent();
        }
        Must(peer_.times_ready <= 1, "ready more than once");
        std::size_t waiting = 0;
        for (const Question& question : questions_) waiting += question.asked->answers == 0;
        Must(waiting <= PeerMachine::kQueueMax + 1, "more waits than may");
        Must(!error || waiting == 0, "a request is unanswered after the end");
        for (const Question& question : questions_) CheckAnswer(question);
    }

    void CheckAnswer(const Question& question) const {
        const DrivenMachine::Asked& asked = *question.asked;
        Must(asked.answers <= 1, "more than one answer");
        if (asked.answers == 0) return;
        if (asked.error) {
            Must(asked.got.empty() && asked.missing.empty(), "an error and an answer");
            Must(asked.error->message.starts_with("peer staged:1: "), "an error without a name");
            return;
        }
        if (question.blocks.empty()) return;
        std::set<BlockHash> answered(asked.missing.begin(), asked.missing.end());
        for (const Bytes& raw : asked.got) answered.insert(test::HashOfBlock(raw));
        Must(asked.got.size() + asked.missing.size() == question.blocks.size() &&
                 answered == question.blocks,
             "not what was asked for");
    }

    ScriptOutcome Outcome() const {
        ScriptOutcome outcome{.ready = peer_.times_ready > 0, .error = first_error_};
        for (const Question& question : questions_)
            ++(question.asked->error ? outcome.failures : outcome.answers);
        return outcome;
    }

    ByteReader script_;
    const PeerMachine::Limits limits_{};
    MessageReader reader_{Regtest()};
    DrivenMachine peer_{limits_};
    std::vector<Question> questions_;
    std::string first_error_;
};

}  // namespace

ScriptOutcome PlayScript(ByteView script) { return Player(script).Play(); }

}  // namespace amber::daemon_client
