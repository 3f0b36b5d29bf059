#pragma once
#include <string>

#include "index/chain/outpoint.h"
#include "server/protocol/version.h"

namespace amber::server {

/// The asker, as far as methods may know and change it. Session-bound: only methods that the
/// registry marks so get one, on the thread of the session.
class Client {
public:
    /// False until server.version has been answered.
    [[nodiscard]] virtual bool HasNegotiated() const = 0;
    virtual void Negotiate(ProtocolVersion version, std::string software) = 0;
    /// Ends the session once the answer to the request at hand is sent.
    virtual void CloseAfterAnswer() = 0;
    /// Where it comes from, as AddressIn() reads it.
    [[nodiscard]] virtual std::string Peer() const = 0;
    /// These three are true if there was such a subscription.
    virtual bool UnsubscribeHeaders() = 0;
    virtual bool UnsubscribeScript(const index::ScriptHash& script) = 0;
    /// With kWholeTransaction: that to the transaction.
    virtual bool UnsubscribeOutpoint(const index::OutPoint& outpoint) = 0;

protected:
    ~Client() = default;
};

}  // namespace amber::server
