// What a wallet may send: bytes, cut into lines, read as JSON-RPC and run against a small index.
// Every text is JSON to us exactly if it is to Boost.JSON (but for our bounds), and whatever a
// method writes is a result in JSON on one line, or an error.
#include <boost/json.hpp>
#include <cstdlib>
#include <iostream>

#include "server/methods/registry.h"
#include "server/protocol/answer.h"
#include "server/protocol/line_buffer.h"
#include "server/session/run_method.h"
#include "tests/server/fake_wallet_node.h"
#include "tests/server/fake_world.h"

using namespace amber;
using namespace amber::server;

namespace {

void Check(bool good, const char* what, std::string_view text) {
    if (good) return;
    std::cerr << what << ":\n" << text << '\n';
    std::abort();
}

void CheckIsJsonLine(std::string_view text, std::string_view cause) {
    boost::system::error_code failed;
    boost::json::parse({text.data(), text.size()}, failed);
    Check(!failed && text.find('\n') == text.npos, "not JSON on one line", cause);
}

struct FakeClient final : Client {
    bool negotiated = false;
    bool HasNegotiated() const override { return negotiated; }
    void Negotiate(ProtocolVersion, std::string) override { negotiated = true; }
    void CloseAfterAnswer() override {}
    std::string Peer() const override { return "192.0.2.1:1"; }
    bool UnsubscribeHeaders() override { return true; }
    bool UnsubscribeScript(const index::ScriptHash&) override { return false; }
    bool UnsubscribeOutpoint(const index::OutPoint&) override { return false; }
};

struct CheckingDeferrer final : Deferrer {
    std::string cause;
    Reply Defer() override {
        return [cause = cause](const ReplyText& result) {
            if (result) CheckIsJsonLine(*result, cause);
        };
    }
};

/// An index with something in it, and all that methods need; made once.
struct Surroundings {
    test::FakeWorld world;
    test::FakeWalletNode node;
    std::shared_ptr<Services> services = std::make_shared<Services>(
        ServerOptions{}, *index::FindCoin("bitcoin", "regtest"), node,
        [](const index::NodeEvent&) {}, nullptr);
    ServedViewPtr served;
    std::optional<index::Query> query;

    Surroundings() {
        // The hashes of zeros: easy to hit upon.
        world.Mine({index::Txid{}});
        world.Mine();
        world.Add({}, index::Txid{}, 1);
        world.Draft().outpoints[{index::Txid{}, 0}] = {
            1, index::OutpointStatus::Spender{index::Txid{}, -1}};
        world.Draft().outpoints[{index::Txid{}, 1}] = {1, std::nullopt};
        served = MakeServedView(world.Publish());
        query.emplace(served->view, index::store::Reach::memory);
    }
};

void RunRequest(const JsonDocument& document, const JsonValue& value, std::string_view line) {
    static Surroundings around;
    Request request;
    if (const auto error = ReadRequest(document, value, request)) {
        std::string out;
        AppendError(out, request.id, *error);
        return CheckIsJsonLine(out, line);
    }
    constexpr ProtocolVersion kVersions[] = {kProtocolMin, {{1, 6, 0}}, kProtocolMax};
    const ProtocolVersion version = kVersions[line.size() % std::size(kVersions)];
    const Method* method = FindMethod(request.method, version);
    if (!method) return;
    Arguments args;
    if (args.Bind(document, request, method->parameters, method->negotiates)) return;
    std::string out;
    JsonWriter writer(out);
    FakeClient client;
    CheckingDeferrer deferrer;
    deferrer.cause = line;
    Call call{.args = args,
              .out = writer,
              .served = *around.served,
              .query = *around.query,
              .services = *around.services,
              .version = version,
              .client = &client,
              .deferrer = deferrer};
    const auto outcome = RunMethod(*method, call);
    Check(outcome.has_value(), "all is in memory", line);
    if (*outcome) {
        if (**outcome == Step::done) CheckIsJsonLine(out, line);
        return;
    }
    std::string error;
    AppendError(error, "1", outcome->error());
    Check(outcome->error().fault != RpcFault::internal, "an internal error", line);
    CheckIsJsonLine(error, line);
}

void RunLine(std::string_view line) {
    static JsonDocument document;
    const JsonFault fault = document.Parse(line);
    boost::system::error_code failed;
    boost::json::parse({line.data(), line.size()}, failed);
    const bool bounded = fault == JsonFault::depth || fault == JsonFault::size ||
                         failed == boost::json::error::too_deep ||
                         failed == boost::json::error::exponent_overflow;
    Check(bounded || (fault == JsonFault::none) == !failed, "we and Boost.JSON disagree", line);
    if (fault != JsonFault::none) return;
    const JsonValue& root = document.Root();
    if (root.kind != JsonKind::array) return RunRequest(document, root, line);
    const JsonValue* item = root.count > 0 ? document.First(root) : nullptr;
    for (std::uint32_t i = 0; i < root.count; ++i, item = document.After(*item))
        RunRequest(document, *item, line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view stream(reinterpret_cast<const char*>(data), size);
    LineBuffer lines(4000);
    while (!stream.empty()) {
        const std::string_view piece = stream.substr(0, 997);
        stream.remove_prefix(piece.size());
        lines.Feed(piece);
        while (true) {
            const LineBuffer::Item item = lines.Next();
            if (item.event == LineBuffer::Event::none) break;
            if (item.event == LineBuffer::Event::line) RunLine(item.line);
        }
        lines.Keep();
    }
    lines.Feed("\n");
    if (const auto item = lines.Next(); item.event == LineBuffer::Event::line) RunLine(item.line);
    return 0;
}
