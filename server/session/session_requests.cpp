// The part of Session that answers single requests.
#include <algorithm>
#include <boost/asio/post.hpp>

#include "index/cpu_time.h"
#include "server/protocol/answer.h"
#include "server/protocol/arguments.h"
#include "server/session/io_thread.h"
#include "server/session/request_cost.h"
#include "server/session/run_method.h"
#include "server/session/session.h"

namespace amber::server {
namespace {

constexpr unsigned kMaxTries = 4;  ///< computations overtaken by a new view

RpcError UnknownMethod(std::string_view name) {
    return {RpcFault::unknown_method, "unknown method " + QuoteName(name)};
}

RpcError Busy() { return {RpcFault::busy, "server busy - request timed out"}; }

/// Brings a completion to the session's thread, from any other, if both still exist.
class Deliverer {
public:
    Deliverer(IoThread& thread, std::weak_ptr<Session> session, PendingPtr pending)
        : thread_(thread.weak_from_this()),
          session_(std::move(session)),
          pending_(std::move(pending)) {}

    void operator()(Completion completion) const {
        const auto thread = thread_.lock();
        if (!thread) return;
        boost::asio::post(thread->Context(), [session = session_, pending = pending_,
                                              completion = std::move(completion)]() mutable {
            if (const auto alive = session.lock()) alive->Complete(pending, std::move(completion));
        });
    }

    [[nodiscard]] Reply AsReply() const {
        return [deliver = *this](ReplyText result) {
            // A node's text may be spread over lines; a newline would end our message.
            if (result) std::replace(result->begin(), result->end(), '\n', ' ');
            deliver({.result = std::move(result),
                     .effects = {},
                     .view_serial = 0,
                     .cost = kCostOfNode});
        };
    }

private:
    std::weak_ptr<IoThread> thread_;
    std::weak_ptr<Session> session_;
    PendingPtr pending_;
};

class PendingDeferrer final : public Deferrer {
public:
    explicit PendingDeferrer(const Deliverer& deliver) : deliver_(deliver) {}
    Reply Defer() override { return deliver_.AsReply(); }

private:
    const Deliverer& deliver_;
};

Completion ToCompletion(TextResult done, const ServedView& served) {
    Completion completion{.result = std::move(done.result),
                          .effects = done.effects,
                          .view_serial = served.view->serial};
    if (!done.outcome) completion.result = done.outcome.error();
    return completion;
}

bool IsDeferred(const Outcome& outcome) { return outcome && *outcome == Step::deferred; }

}  // namespace

/// Makes the pending request only if the method wants one.
class Session::InPlaceDeferrer final : public Deferrer {
public:
    InPlaceDeferrer(Session& session, const Request& request, const Method& method,
                    const BatchPtr& batch)
        : session_(session), request_(request), method_(method), batch_(batch) {}

    Reply Defer() override {
        auto pending = session_.MakePending(request_, method_, {}, batch_);
        return Deliverer(session_.thread_, session_.weak_from_this(), std::move(pending)).AsReply();
    }

private:
    Session& session_;
    const Request& request_;
    const Method& method_;
    const BatchPtr& batch_;
};

void Session::HandleRequest(const JsonValue& value, const BatchPtr& batch) {
    ++requests_;
    last_request_ = Clock::now();
    --turn_left_;
    const JsonDocument& document = thread_.Document();
    Request request;
    Arguments args;
    if (auto error = ReadRequest(document, value, request))
        return AnswerError(request.id, *error, batch);
    const Method* method = FindMethod(request.method, version_);
    if (!method) return AnswerError(request.id, UnknownMethod(request.method), batch);
    thread_.CountRequest(*method);
    if (thread_.GetShared().Options().version_first && !negotiated_ && !method->negotiates) {
        close_after_ = true;
        return AnswerError(request.id, BadRequest("use server.version to identify client"), batch);
    }
    if (auto error = args.Bind(document, request, method->parameters, method->negotiates))
        return AnswerError(request.id, *error, batch);
    RunInPlace(request, *method, value.raw, args, batch);
}

void Session::RunInPlace(const Request& request, const Method& method, std::string_view text,
                         Arguments& args, const BatchPtr& batch) {
    std::string& out = OutputOf(batch);
    const std::size_t start = out.size();
    if (batch && start > 0) out += ',';
    BeginAnswer(out, request.id);
    JsonWriter writer(out);
    InPlaceDeferrer deferrer(*this, request, method, batch);
    Call call{.args = args,
              .out = writer,
              .served = thread_.Served(),
              .query = thread_.MemoryQuery(),
              .services = *thread_.GetShared().services,
              .version = version_,
              .client = method.bound == Method::Bound::session ? this : nullptr,
              .deferrer = deferrer};
    const auto outcome = RunMethod(method, call);
    const bool done = outcome && *outcome && **outcome == Step::done;
    std::optional<RpcError> error;
    if (outcome && !*outcome) error = outcome->error();
    if (done) error = CheckSize(batch ? out.size() : out.size() - start);
    if (done && !error) error = Apply(call.effects);
    if (done && !error && !request.IsNotification()) {
        EndAnswer(out);
        if (!batch) out += '\n';
        return;
    }
    out.resize(start);
    if (error) return AnswerError(request.id, *error, batch);
    if (!outcome) RunOnPool(MakePending(request, method, text, batch));
}

PendingPtr Session::MakePending(const Request& request, const Method& method, std::string_view text,
                                const BatchPtr& batch) {
    if (batch) ++batch->in_flight;
    auto pending = std::make_shared<Pending>();
    pending->since = last_request_;
    pending->place = in_flight_.insert(in_flight_.end(), pending);
    pending->method = &method;
    pending->version = version_;
    pending->id = request.id;
    pending->text = text;
    pending->batch = batch;
    return pending;
}

void Session::RunOnPool(const PendingPtr& pending) {
    auto job = [deliver = Deliverer(thread_, weak_from_this(), pending), pending,
                services = thread_.GetShared().services](const ServedView& served,
                                                         index::Query& query) {
        if (pending->is_dropped) return;
        const auto began = index::ThreadCpuTime();
        JsonDocument document;
        PendingDeferrer deferrer(deliver);
        auto done =
            RunFromText({*pending->method, pending->text, pending->version, *services, deferrer},
                        served, query, document);
        if (!done) std::abort();  // a query with Reach::disk never says "not in memory"
        if (IsDeferred(done->outcome)) return;
        Completion completion = ToCompletion(std::move(*done), served);
        completion.cost = kCostOfDisk + UnitsOf(index::ThreadCpuTime() - began);
        deliver(std::move(completion));
    };
    if (thread_.GetShared().pool.Submit(id_, std::move(job))) return;
    thread_.GetShared().hits.Count(Bound::query_queue);
    Complete(pending, {.result = Busy(), .effects = {}, .view_serial = 0, .cost = 0});
}

void Session::RunAgain(const PendingPtr& pending) {
    const Deliverer deliver(thread_, weak_from_this(), pending);
    PendingDeferrer deferrer(deliver);
    const TextRun run{*pending->method, pending->text, pending->version,
                      *thread_.GetShared().services, deferrer};
    auto done = RunFromText(run, thread_.Served(), thread_.MemoryQuery(), thread_.Document());
    if (!done && ++pending->tries < kMaxTries) return RunOnPool(pending);
    if (!done) {
        // Overtaken every time: here nothing can overtake it, and what was read is warm by now.
        index::Query from_disk(thread_.Served().view, index::store::Reach::disk);
        done = RunFromText(run, thread_.Served(), from_disk, thread_.Document());
    }
    if (!IsDeferred(done->outcome))
        Complete(pending, ToCompletion(std::move(*done), thread_.Served()));
}

void Session::Complete(const PendingPtr& pending, Completion completion) {
    if (closed_) return;
    uncharged_ += completion.cost;
    if (pending->is_dropped) return;
    const bool outdated =
        completion.view_serial != 0 && completion.view_serial != thread_.Served().view->serial;
    if (outdated) return RunAgain(pending);

    const BatchPtr& batch = pending->batch;
    Drop(pending);
    std::optional<RpcError> error;
    if (!completion.result)
        error = completion.result.error();
    else
        error = CheckSize(completion.result->size() + (batch ? batch->answers.size() : 0));
    if (!error) error = Apply(completion.effects);
    if (error) {
        AnswerError(pending->id, *error, batch);
    } else if (!pending->id.empty()) {
        std::string& out = OutputOf(batch);
        if (batch && !out.empty()) out += ',';
        AppendAnswer(out, pending->id, *completion.result);
        if (!batch) out += '\n';
    }
    FinishIfDone(batch);
    thread_.MarkDirty(number_);
}

/// It is in flight no more.
void Session::Drop(const PendingPtr& pending) {
    pending->is_dropped = true;
    in_flight_.erase(pending->place);
    if (pending->batch) --pending->batch->in_flight;
}

void Session::GiveUpLate(Clock::time_point now) {
    const std::chrono::seconds patience = thread_.GetShared().Options().request_timeout;
    while (!in_flight_.empty() && now - in_flight_.front()->since > patience) {
        const PendingPtr late = in_flight_.front();
        Drop(late);
        thread_.GetShared().hits.Count(Bound::request_timeout);
        AnswerError(late->id, Busy(), late->batch);
        FinishIfDone(late->batch);
        thread_.MarkDirty(number_);
    }
}

std::optional<RpcError> Session::CheckSize(std::size_t bytes) const {
    const std::size_t most = thread_.GetShared().Options().max_send_bytes;
    if (bytes <= most) return std::nullopt;
    thread_.GetShared().hits.Count(Bound::max_send);
    return RpcError{RpcFault::invalid_request,
                    "response too large (over " + std::to_string(most) + " bytes)"};
}

std::optional<RpcError> Session::Apply(const Effects& effects) {
    if (effects.subscribe_headers) headers_subscribed_ = true;
    if (effects.subscribe_script) return thread_.Subscribe(number_, *effects.subscribe_script);
    if (effects.subscribe_outpoint) return thread_.Subscribe(number_, *effects.subscribe_outpoint);
    return std::nullopt;
}

void Session::AnswerError(std::string_view id, const RpcError& error, const BatchPtr& batch) {
    uncharged_ += kCostOfError;
    if (error.fault == RpcFault::history_too_large)
        thread_.GetShared().hits.Count(Bound::history_limit);
    if (id.empty()) return;
    thread_.CountError();
    std::string& out = OutputOf(batch);
    if (batch && !out.empty()) out += ',';
    AppendError(out, id, error);
    if (!batch) out += '\n';
}

}  // namespace amber::server
