#include "server/session/session.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <ctime>

#include "server/protocol/answer.h"
#include "server/protocol/padding.h"
#include "server/protocol/utf8.h"
#include "server/session/io_thread.h"
#include "server/session/run_method.h"

namespace amber::server {
namespace {

constexpr std::size_t kRequestsInARow = 256;
constexpr std::chrono::microseconds kTurnTime{500};  ///< begun after that: in the next turn
constexpr std::size_t kMaxOpenBatches = 4;           ///< further messages wait
constexpr unsigned kMaxTries = 4;                    ///< computations overtaken by a new view
constexpr std::size_t kUnaccounted = 64 << 10;       ///< a session may always hold this much
constexpr std::chrono::seconds kFinishTime{2};       ///< for a peer to read its last answer
/// After each turn of the slowest. As ElectrumX has it.
constexpr std::chrono::duration<double> kLongestPause{2.5};
constexpr std::size_t kQuotedMethodBytes = 80;
constexpr ProtocolVersion kScriptpubkeys{{1, 7, 0}};  ///< take the place of script hashes

// What is not measured, in units of CostRules.
constexpr double kCostOfByte = 1.0 / 100'000;  ///< either way
constexpr double kCostOfError = 1;             ///< wallets make few
constexpr double kCostOfNode = 0.05;           ///< a request to the node
constexpr double kCostOfDisk = 0.05;           ///< a read that had to wait for the disk
/// Less is not charged yet, as the account is shared by threads.
constexpr double kLeastCharge = 0.1;

double UnitsOf(std::chrono::duration<double, std::milli> time) { return time.count(); }

/// Processor time of this thread.
std::chrono::nanoseconds ThreadTime() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

RpcError UnknownMethod(std::string_view name) {
    return {RpcFault::unknown_method,
            "unknown method \"" + std::string(Utf8Prefix(name, kQuotedMethodBytes)) + '"'};
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

Session::Session(IoThread& thread, SessionNumber number, std::uint64_t id,
                 std::unique_ptr<Transport> transport, GuestPtr guest)
    : thread_(thread),
      number_(number),
      id_(id),
      transport_(std::move(transport)),
      guest_(std::move(guest)),
      lines_(thread.GetShared().Options().max_receive_bytes) {}

Session::~Session() = default;

void Session::Start() { transport_->Start(shared_from_this()); }

void Session::Close() {
    if (closed_) return;
    closed_ = true;
    for (const PendingPtr& pending : in_flight_) pending->is_dropped = true;
    CountBytes();
    guest_->Charge(uncharged_, Clock::now());
    transport_->Abort();
    thread_.Account(accounted_bytes_, 0);
    thread_.Remove(number_);
}

// Input

void Session::OnBytes(std::string_view bytes) {
    lines_.SetMaxLine(thread_.GetShared().Options().max_receive_bytes);
    lines_.Feed(bytes);
    more_lines_ = true;
    Turn();
}

void Session::OnMessage(std::string_view message) {
    BeginTurn();
    if (!close_after_) HandleMessage(message);
    TakeTurn();
}

void Session::OnEndOfInput() {
    input_ended_ = true;
    lines_.Feed("\n");  // a last line without its newline counts
    more_lines_ = true;
    Turn();
}

void Session::Turn() {
    if (closed_) return;
    BeginTurn();
    TakeTurn();
}

void Session::BeginTurn() {
    const double allowed = kRequestsInARow * (1 - slowness_);
    turn_left_ = std::max<std::size_t>(1, static_cast<std::size_t>(allowed));
    turn_began_ = Clock::now();
}

void Session::TakeTurn() {
    dirty_ = false;
    do {
        Work();
        Flush();
    } while (HasWork() && CanWork());
    lines_.Keep();
    if (overflowed_) {
        thread_.GetShared().hits.Count(Bound::slow_reader);
        return Close();
    }
    if (input_ended_ && !HasWork() && in_flight_.empty() && open_batches_ == 0) close_after_ = true;
    Charge();
    Flush();
    if (HasWork() && !HasTurn() && !pausing_ && !close_after_) thread_.MarkDirty(number_);
    transport_->SetReading(!HasWork() && CanRead());
    AccountBuffers();
}

bool Session::CanRead() const {
    const ServerOptions& options = thread_.GetShared().Options();
    return !closed_ && !close_after_ && !overflowed_ && MayStart() &&
           open_batches_ < kMaxOpenBatches &&
           out_.size() + sending_.size() < options.output_pause_bytes;
}

bool Session::HasTurn() const { return turn_left_ > 0 && last_request_ - turn_began_ < kTurnTime; }

/// As far as its cost and what is in flight go.
bool Session::MayStart() const {
    const auto most = static_cast<double>(thread_.GetShared().Options().max_in_flight.Get());
    const double allowed = std::max(1.0, most * (1 - slowness_));
    return !pausing_ && static_cast<double>(in_flight_.size()) < allowed;
}

void Session::Charge() {
    if (guest_->IsExempt()) return;
    const auto now = Clock::now();
    CountBytes();
    uncharged_ += UnitsOf(now - turn_began_);
    if (uncharged_ < kLeastCharge) return;
    const Standing standing = guest_->Charge(std::exchange(uncharged_, 0), now);
    slowness_ = standing.slowness;
    if (standing.is_over && !close_after_) {
        thread_.GetShared().hits.Count(Bound::cost_hard_limit);
        AnswerError("null", {RpcFault::resources, "excessive resource usage"}, nullptr);
        close_after_ = true;
    } else if (slowness_ > 0 && !pausing_) {
        Pause(slowness_);
    }
}

void Session::CountBytes() {
    const std::uint64_t read = transport_->BytesRead();
    uncharged_ += kCostOfByte * static_cast<double>(read - std::exchange(bytes_received_, read));
}

void Session::Pause(double slowness) {
    thread_.GetShared().hits.Count(Bound::cost_soft_limit);
    pausing_ = true;
    thread_.GoOnAt(
        Clock::now() + std::chrono::duration_cast<Clock::duration>(kLongestPause * slowness),
        number_);
}

void Session::GoOn() {
    pausing_ = false;
    Turn();
}

void Session::Work() {
    while (CanWork()) {
        if (unfinished_batch_) {
            ContinueBatch();
            continue;
        }
        const LineBuffer::Item item = lines_.Next();
        more_lines_ = item.event != LineBuffer::Event::none;
        switch (item.event) {
            case LineBuffer::Event::none:
                return;
            case LineBuffer::Event::line:
                HandleMessage(item.line);
                break;
            case LineBuffer::Event::too_long:
                thread_.GetShared().hits.Count(Bound::max_recv);
                AnswerError("null", {RpcFault::invalid_request, "request too long"}, nullptr);
                break;
            case LineBuffer::Event::abandon:
                close_after_ = true;
                break;
        }
    }
}

void Session::HandleMessage(std::string_view message) {
    if (message.find_first_not_of(" \t\r\n") == message.npos) return;
    JsonDocument& document = thread_.Document();
    const JsonFault fault = document.Parse(message);
    if (fault == JsonFault::size)
        AnswerError("null", {RpcFault::limit, Describe(fault)}, nullptr);
    else if (fault != JsonFault::none)
        AnswerError("null", {RpcFault::parse, Describe(fault)}, nullptr);
    else if (document.Root().kind == JsonKind::array)
        HandleBatch(document.Root());
    else
        HandleRequest(document.Root(), nullptr);
    document.Trim();
}

void Session::HandleBatch(const JsonValue& items) {
    const std::size_t most = thread_.GetShared().Options().max_batch_items;
    if (items.count == 0)
        return AnswerError("null", {RpcFault::invalid_request, "empty batch"}, nullptr);
    if (items.count > most) {
        thread_.GetShared().hits.Count(Bound::max_batch);
        return AnswerError(
            "null", {RpcFault::limit, "batch limit exceeded: " + std::to_string(most)}, nullptr);
    }

    const auto batch = std::make_shared<Batch>();
    ++open_batches_;
    const JsonDocument& document = thread_.Document();
    const JsonValue* item = document.First(items);
    for (std::uint32_t i = 0; i < items.count; ++i, item = document.After(*item)) {
        if (HasTurn() && MayStart())
            HandleRequest(*item, batch);
        else
            batch->rest.emplace_back(item->raw);
    }
    if (!batch->rest.empty()) unfinished_batch_ = batch;
    FinishIfDone(batch);
}

void Session::ContinueBatch() {
    const BatchPtr batch = unfinished_batch_;
    JsonDocument& document = thread_.Document();
    while (CanWork() && !batch->rest.empty()) {
        const std::string text = std::move(batch->rest.front());
        batch->rest.pop_front();
        if (document.Parse(text) != JsonFault::none) std::abort();  // it was part of valid JSON
        HandleRequest(document.Root(), batch);
    }
    if (batch->rest.empty()) unfinished_batch_.reset();
    FinishIfDone(batch);
}

void Session::FinishIfDone(const BatchPtr& batch) {
    if (!batch || !batch->IsDone()) return;
    --open_batches_;
    if (!batch->answers.empty()) {
        std::string& out = OutputOf(nullptr);
        out += '[';
        out += batch->answers;
        out += "]\n";
    }
    if (open_batches_ == 0 && !held_.empty()) {
        OutputOf(nullptr) += held_;
        held_ = std::string();
    }
}

// One request

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
        const auto began = ThreadTime();
        JsonDocument document;
        PendingDeferrer deferrer(deliver);
        auto done =
            RunFromText({*pending->method, pending->text, pending->version, *services, deferrer},
                        served, query, document);
        if (!done) std::abort();  // a query with Reach::disk never says "not in memory"
        if (IsDeferred(done->outcome)) return;
        Completion completion = ToCompletion(std::move(*done), served);
        completion.cost = kCostOfDisk + UnitsOf(ThreadTime() - began);
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

// Output

std::string& Session::OutputOf(const BatchPtr& batch) {
    if (batch) return batch->answers;
    if (out_.capacity() <= std::string().capacity()) out_ = thread_.TakeBuffer();
    return out_;
}

void Session::Deliver(std::string_view line) {
    notified_bytes_ += line.size();
    if (notified_bytes_ > thread_.GetShared().Options().output_close_bytes)
        overflowed_ = true;
    else
        (open_batches_ > 0 ? held_ : OutputOf(nullptr)) += line;
    thread_.MarkDirty(number_);
}

void Session::Deliver(const Notice& notice) {
    const bool since_17 = version_ >= kScriptpubkeys && !notice.line_since_17.empty();
    Deliver(since_17 ? notice.line_since_17 : notice.line);
}

void Session::Flush() {
    if (closed_ || writing_) return;
    if (!out_.empty()) {
        if (thread_.GetShared().Options().pad_answers) PadLines(out_);
        sending_.swap(out_);
        notified_bytes_ = held_.size();
        if (transport_->Write(sending_)) {
            Sent();
        } else {
            writing_ = true;
            last_progress_ = Clock::now();
            return;
        }
    }
    if (close_after_ && !finishing_) {
        finishing_ = true;
        last_progress_ = Clock::now();
        transport_->Finish();
    }
}

void Session::Sent() {
    bytes_sent_ += sending_.size();
    uncharged_ += kCostOfByte * static_cast<double>(sending_.size());
    thread_.GiveBuffer(std::move(sending_));
    sending_ = std::string();
}

void Session::OnWritten() {
    writing_ = false;
    Sent();
    Turn();
}

void Session::OnWriteProgress() { last_progress_ = Clock::now(); }

void Session::AccountBuffers() {
    if (closed_) return;
    const std::size_t now = lines_.HeldBytes() + out_.size() + sending_.size() + held_.size();
    const bool fits = thread_.Account(std::exchange(accounted_bytes_, now), now);
    if (fits || now <= kUnaccounted) return;
    thread_.GetShared().hits.Count(Bound::buffers);
    Close();
}

void Session::CheckTimeouts(Clock::time_point now) {
    GiveUpLate(now);
    const ServerOptions& options = thread_.GetShared().Options();
    const std::chrono::seconds usual = options.idle_timeout;
    const auto patience = requests_ > 0 ? usual : std::min(options.first_request_timeout, usual);
    const bool idle = now - last_request_ > patience && in_flight_.empty() && !pausing_;
    const bool stuck = writing_ && now - last_progress_ > options.write_timeout;
    const bool over = finishing_ && now - last_progress_ > kFinishTime;
    if (idle) thread_.GetShared().hits.Count(Bound::session_timeout);
    if (stuck) thread_.GetShared().hits.Count(Bound::slow_reader);
    if (idle || stuck || over) Close();
}

// Client

void Session::Negotiate(ProtocolVersion version, std::string software) {
    negotiated_ = true;
    version_ = version;
    software_ = std::move(software);
}

bool Session::UnsubscribeScript(const index::ScriptHash& script) {
    return thread_.Unsubscribe(number_, script);
}

bool Session::UnsubscribeOutpoint(const index::OutPoint& outpoint) {
    return thread_.Unsubscribe(number_, outpoint);
}

SessionInfo Session::Info() const {
    return {.id = id_,
            .transport = transport_->Name(),
            .peer = transport_->Peer(),
            .client = software_,
            .protocol = negotiated_ ? version_.Text() : std::string(),
            .subscriptions = thread_.SubscriptionsOf(number_),
            .in_flight = in_flight_.size(),
            .group = guest_->GroupName(),
            .cost = guest_->Cost(Clock::now()),
            .requests = requests_,
            .bytes_received = transport_->BytesRead(),
            .bytes_sent = bytes_sent_,
            .age = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - since_)};
}

}  // namespace amber::server
