#include "server/session/run_method.h"

#include <spdlog/spdlog.h>

namespace amber::server {

std::optional<Outcome> RunMethod(const Method& method, Call& call) {
    try {
        return method.handler(call);
    } catch (const index::store::NotInMemory&) {
        return std::nullopt;
    } catch (const std::exception& error) {
        spdlog::error("{} failed: {}", method.name, error.what());
        return RpcError{RpcFault::internal, "internal error"};
    }
}

std::optional<TextResult> RunFromText(const TextRun& run, const ServedView& served,
                                      index::Query& query, JsonDocument& document) {
    TextResult done{RpcError{}, {}, {}};
    Request request;
    Arguments args;
    if (document.Parse(run.text) != JsonFault::none) std::abort();
    if (auto error = ReadRequest(document, document.Root(), request))
        return TextResult{*error, {}, {}};
    if (auto error = args.Bind(document, request, run.method.parameters, run.method.negotiates))
        return TextResult{*error, {}, {}};
    JsonWriter out(done.result);
    Call call{.args = args,
              .out = out,
              .served = served,
              .query = query,
              .services = run.services,
              .version = run.version,
              .client = nullptr,
              .deferrer = run.deferrer};
    const auto outcome = RunMethod(run.method, call);
    if (!outcome) return std::nullopt;
    done.outcome = *outcome;
    done.effects = call.effects;
    return done;
}

}  // namespace amber::server
