#pragma once
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "server/limits/guests.h"
#include "server/methods/client.h"
#include "server/protocol/line_buffer.h"
#include "server/server_stats.h"
#include "server/session/pending.h"
#include "server/session/transport.h"
#include "server/subscriptions/session_set.h"
#include "server/subscriptions/subject.h"

namespace amber::server {

class IoThread;

/// One client, whatever its transport: requests in, answers and notifications out. All requests of
/// one read are answered by one write. What needs the disk or the node is answered when it is
/// ready, so answers may change places; each is computed from one view, the thread's at the moment
/// it is sent (answers inside a batch: at the moment they are computed).
///
/// Bounds (ServerOptions): input pauses while too much output is not taken or too many requests
/// are in flight; a peer that takes nothing, or sends nothing, for too long is closed. A turn ends
/// after so many requests or so much time, and the other sessions of the thread have theirs. Who
/// costs too much has shorter turns and must pause after each, at last is closed
/// (limits/README.md). Thread: its IoThread.
class Session final : public TransportEvents,
                      public Client,
                      public std::enable_shared_from_this<Session> {
public:
    using Clock = std::chrono::steady_clock;

    Session(IoThread& thread, SessionNumber number, std::uint64_t id,
            std::unique_ptr<Transport> transport, GuestPtr guest);
    ~Session();

    void Start();
    void Close();
    /// Adds a notification. It goes out with the next Turn().
    void Deliver(std::string_view line);
    void Deliver(const Notice& notice);
    void DeliverHeader(std::string_view line) {
        if (headers_subscribed_) Deliver(line);
    }
    /// Works through the input as far as bounds allow, and sends what there is to send.
    void Turn();
    /// True the first time since the last Turn().
    bool MarkDirty() { return !std::exchange(dirty_, true); }
    void Complete(const PendingPtr& pending, Completion completion);
    /// A pause is over.
    void GoOn();
    /// Closes, or gives up requests, if it is time to.
    void CheckTimeouts(Clock::time_point now);

    [[nodiscard]] std::uint64_t Id() const { return id_; }
    [[nodiscard]] Guest& GetGuest() { return *guest_; }
    [[nodiscard]] SessionInfo Info() const;

    // TransportEvents
    void OnBytes(std::string_view bytes) override;
    void OnMessage(std::string_view message) override;
    void OnEndOfInput() override;
    void OnWritten() override;
    void OnWriteProgress() override;
    void OnClosed() override { Close(); }

    // Client
    bool HasNegotiated() const override { return negotiated_; }
    void Negotiate(ProtocolVersion version, std::string software) override;
    void CloseAfterAnswer() override { close_after_ = true; }
    std::string Peer() const override { return transport_->Peer(); }
    bool UnsubscribeHeaders() override { return std::exchange(headers_subscribed_, false); }
    bool UnsubscribeScript(const index::ScriptHash& script) override;
    bool UnsubscribeOutpoint(const index::OutPoint& outpoint) override;

private:
    class InPlaceDeferrer;
    class DiskDeferrer;

    void BeginTurn();
    void TakeTurn();
    void Work();
    void Charge();
    void CountBytes();
    void Pause(double slowness);
    void Flush();
    void Sent();
    bool CanRead() const;
    bool CanWork() const { return CanRead() && HasTurn(); }
    bool HasTurn() const;
    bool MayStart() const;
    bool HasWork() const { return more_lines_ || unfinished_batch_; }
    void HandleMessage(std::string_view message);
    void HandleBatch(const JsonValue& items);
    void ContinueBatch();
    void HandleRequest(const JsonValue& value, const BatchPtr& batch);
    void RunInPlace(const Request& request, const Method& method, std::string_view text,
                    Arguments& args, const BatchPtr& batch);
    PendingPtr MakePending(const Request& request, const Method& method, std::string_view text,
                           const BatchPtr& batch);
    void Drop(const PendingPtr& pending);
    void GiveUpLate(Clock::time_point now);
    void RunOnPool(const PendingPtr& pending);
    void RunAgain(const PendingPtr& pending);

    std::string& OutputOf(const BatchPtr& batch);
    void AnswerError(std::string_view id, const RpcError& error, const BatchPtr& batch);
    std::optional<RpcError> Apply(const Effects& effects);
    void FinishIfDone(const BatchPtr& batch);
    [[nodiscard]] std::optional<RpcError> CheckSize(std::size_t bytes) const;
    void AccountBuffers();

    IoThread& thread_;
    const SessionNumber number_;
    const std::uint64_t id_;
    const Clock::time_point since_ = Clock::now();
    std::unique_ptr<Transport> transport_;
    const GuestPtr guest_;

    ProtocolVersion version_ = kProtocolMin;
    bool negotiated_ = false;
    bool headers_subscribed_ = false;
    std::string software_;  ///< name the client gave

    LineBuffer lines_;
    bool more_lines_ = false;          ///< the last look at lines_ found one
    BatchPtr unfinished_batch_;        ///< has items that are not started
    std::size_t open_batches_ = 0;     ///< whose answer is not sent; notifications wait meanwhile
    std::list<PendingPtr> in_flight_;  ///< wait for the disk or the node, oldest first
    std::size_t turn_left_ = 0;        ///< requests until other sessions have their turn
    Clock::time_point turn_began_ = since_;
    double uncharged_ = 0;  ///< what it has cost since the last Charge()
    double slowness_ = 0;   ///< as Standing
    bool pausing_ = false;  ///< no request is begun until GoOn()
    bool dirty_ = false;    ///< a turn is due
    bool input_ended_ = false;

    std::string out_;                 ///< lines to be sent next
    std::string sending_;             ///< lines the transport is at
    std::string held_;                ///< notifications that wait for a batch
    std::size_t notified_bytes_ = 0;  ///< notifications in out_ and held_
    bool writing_ = false;
    bool overflowed_ = false;   ///< too many notifications not taken: to be closed
    bool close_after_ = false;  ///< nothing more is read; close when all is sent
    bool finishing_ = false;
    bool closed_ = false;
    std::size_t accounted_bytes_ = 0;

    Clock::time_point last_request_ = since_;
    Clock::time_point last_progress_ = since_;  ///< of a write that is under way
    std::uint64_t requests_ = 0, bytes_sent_ = 0;
    std::uint64_t bytes_received_ = 0;  ///< those charged
};

}  // namespace amber::server
