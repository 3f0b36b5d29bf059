#pragma once
#include <cstddef>
#include <string>

#include "index/chain/bytes.h"

namespace amber::daemon_client {

/// What came of a script, so that a test sees that scripts reach what they should.
struct ScriptOutcome {
    bool ready = false;        ///< the handshake was made
    std::size_t answers = 0;   ///< requests that got what they asked for
    std::size_t failures = 0;  ///< requests that got an error
    std::string error;         ///< that ended the connection
};

/// Plays what `script` says against a MessageReader and a PeerMachine, in virtual time, as peer, as
/// user and as clock. Any bytes are a script. Throws std::logic_error if a promise is broken:
///   each request has exactly one answer, in bounded time, which is what was asked for or an error;
///   the first error stays, and then nothing waits and nothing is sent.
///
/// A step is a byte, whose low three bits choose, and what it reads:
///   0  bytes come:     length (1), bytes
///   1  a message:      command (1), length (1), payload
///   2  what fits:      which (1): of version, verack, pong, block, headers, notfound, the answer
///                      to the first request that waits, inv; with which of the blocks
///   3  ask for blocks: those of the chain whose bits are set (2)
///   4  ask for headers after a block (1)
///   5  time passes:    n * n milliseconds (1)
///   6  connected
///   7  the connection ends, if the high five bits are set, else time passes as in 5
ScriptOutcome PlayScript(index::ByteView script);

}  // namespace amber::daemon_client
