#include "server/session/session.h"

#include <algorithm>

#include "server/protocol/answer.h"
#include "server/protocol/padding.h"
#include "server/session/io_thread.h"
#include "server/session/request_cost.h"

namespace amber::server {
namespace {

constexpr std::size_t kRequestsInARow = 256;
constexpr std::chrono::microseconds kTurnTime{500};  ///< begun after that: in the next turn
constexpr std::size_t kMaxOpenBatches = 4;           ///< further messages wait
constexpr std::size_t kUnaccounted = 64 << 10;       ///< a session may always hold this much
constexpr std::chrono::seconds kFinishTime{2};       ///< for a peer to read its last answer
/// After each turn of the slowest. As ElectrumX has it.
constexpr std::chrono::duration<double> kLongestPause{2.5};
constexpr ProtocolVersion kScriptpubkeys{{1, 7, 0}};  ///< take the place of script hashes

/// Less is not charged yet, as the account is shared by threads.
constexpr double kLeastCharge = 0.1;

}  // namespace

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
