#pragma once
#include <boost/system/result.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "index/query/query.h"
#include "server/methods/client.h"
#include "server/methods/served_view.h"
#include "server/methods/services.h"
#include "server/protocol/arguments.h"
#include "server/protocol/json_writer.h"
#include "server/protocol/rpc_error.h"
#include "server/protocol/version.h"
#include "server/subscriptions/subject.h"

namespace amber::server {

/// Answers a request later. Call it exactly once, from any thread; it is copyable so that it fits
/// in callbacks.
using Reply = std::function<void(ReplyText)>;

/// What an answer changes in the session it goes to, done together with sending it, so that no
/// notification can come before the answer it belongs to.
struct Effects {
    struct ScriptSubscription {
        index::ScriptHash script;
        std::optional<index::StatusHash> status;  ///< as answered
    };
    struct OutpointSubscription {
        index::OutPoint outpoint;  ///< with kWholeTransaction: its transaction
        index::OutpointStatus status;
    };
    std::optional<ScriptSubscription> subscribe_script;
    std::optional<OutpointSubscription> subscribe_outpoint;
    bool subscribe_headers = false;
};

/// Makes room for an answer that comes later.
class Deferrer {
public:
    virtual Reply Defer() = 0;

protected:
    ~Deferrer() = default;
};

/// One request while its method runs. All reads go through `query`, which answers from `served`.
struct Call {
    Arguments& args;
    JsonWriter& out;  ///< takes the result's JSON text
    const ServedView& served;
    index::Query& query;
    Services& services;
    ProtocolVersion version;
    Client* client;  ///< null unless the method is session-bound
    Deferrer& deferrer;
    Effects effects{};

    /// For methods that wait for the node: return Step::deferred and use the reply later.
    [[nodiscard]] Reply Defer() { return deferrer.Defer(); }
};

enum class Step {
    done,      ///< the result is written to Call::out
    deferred,  ///< nothing is written; the reply will be used
};
using Outcome = boost::system::result<Step, RpcError>;

/// Runs on the thread of the session with a query of Reach::memory; should that throw
/// store::NotInMemory, it runs again from the start on a query thread with Reach::disk. So a
/// method changes nothing before its last read.
using Handler = Outcome (*)(Call&);

/// One method of the protocol, as the registry lists it.
struct Method {
    enum class Bound {
        any,      ///< any thread
        session,  ///< the session's thread only: it changes the client
    };
    std::string_view name;
    /// Served from this version on, and before the other.
    ProtocolVersion since, until;
    std::span<const Parameter> parameters;
    Handler handler;
    std::string_view note{};  ///< for the README
    Bound bound = Bound::any;
    bool negotiates = false;  ///< server.version: may come first, ignores superfluous arguments
};

/// Above all versions there are.
inline constexpr ProtocolVersion kNever{{0xffff, 0, 0}};

inline RpcError BadRequest(std::string message) {
    return {RpcFault::bad_request, std::move(message)};
}

}  // namespace amber::server
