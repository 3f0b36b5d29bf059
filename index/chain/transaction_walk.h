#pragma once
#include <string>

#include "index/chain/byte_reader.h"
#include "index/chain/hash.h"
#include "index/chain/outpoint.h"
#include "index/chain/parse_error.h"
#include "index/chain/sha256.h"
#include "index/chain/transaction.h"

namespace amber::index {

// transaction := version (4), [00 flag 01], inputs, outputs, [witness of each input], lock time (4)
// input       := txid (32), output index (4), script, sequence (4)
// output      := value (8), script
// Lists and scripts begin with their CompactSize count; a witness is a list of byte strings.
// The part in brackets (BIP144) is there together or not at all, and is not part of the txid.

/// Smallest possible parts in bytes: a count that does not fit by these is refused before anything
/// is allocated for it.
inline constexpr std::size_t kInputBytesMin = 32 + 4 + 1 + 4;
inline constexpr std::size_t kOutputBytesMin = 8 + 1;
inline constexpr std::size_t kTransactionBytesMin = 4 + 1 + kInputBytesMin + 1 + 4;

/// Where the parts of a transaction lie; views into what was read.
struct TransactionParts {
    std::size_t offset = 0;  ///< of its first byte
    std::size_t size = 0;
    ByteView hashed[3];  ///< joined, these are what the txid is the hash of

    [[nodiscard]] std::size_t HashedSize() const {
        return hashed[0].size() + hashed[1].size() + hashed[2].size();
    }
};

/// Reads transactions one after the other. After an error the walk is over.
class TransactionWalk {
public:
    TransactionWalk(ByteReader& reader, Amount money_max) : in_(reader), money_max_(money_max) {}

    /// Calls sink.Input(OutPoint) and sink.Output(Amount, ByteView script) in order. False on an
    /// error: see Error().
    template <class Sink>
    bool Next(TransactionParts& parts, Sink& sink) {
        parts.offset = in_.Offset();
        const ByteView whole = in_.Rest();
        in_.Take(4);
        if (!in_.Ok()) return Refuse("version");
        const bool witness = in_.Peek() == 0 && in_.Peek(1) != 0;
        if (witness && !Marker()) return false;
        const std::size_t body = in_.Offset() - parts.offset;
        std::size_t inputs;
        if (!Inputs(inputs, sink) || !Outputs(sink)) return false;
        const std::size_t body_end = in_.Offset() - parts.offset;
        if (witness && !Witness(inputs)) return false;
        in_.Take(4);
        if (!in_.Ok()) return Refuse("lock time");
        parts.size = in_.Offset() - parts.offset;
        if (witness) {
            parts.hashed[0] = whole.first(4);
            parts.hashed[1] = whole.subspan(body, body_end - body);
            parts.hashed[2] = whole.subspan(parts.size - 4, 4);
        } else {
            parts.hashed[0] = whole.first(parts.size);
            parts.hashed[1] = parts.hashed[2] = {};
        }
        return true;
    }

    [[nodiscard]] const ParseError& Error() const { return error_; }

private:
    template <class Sink>
    bool Inputs(std::size_t& count, Sink& sink) {
        if (!Count("input", kInputBytesMin, count)) return false;
        if (count == 0) return Refuse("transaction without inputs", in_.Offset() - 1);
        for (std::size_t i = 0; i < count; ++i) {
            const ByteView outpoint = in_.Take(36);
            in_.Take(in_.CompactSize());
            in_.Take(4);
            if (!in_.Ok()) return Refuse("input");
            OutPoint previous;
            std::memcpy(previous.txid.bytes.data(), outpoint.data(), 32);
            std::memcpy(&previous.index, outpoint.data() + 32, 4);
            sink.Input(previous);
        }
        return true;
    }

    template <class Sink>
    bool Outputs(Sink& sink) {
        std::size_t count;
        if (!Count("output", kOutputBytesMin, count)) return false;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t start = in_.Offset();
            const std::uint64_t value = in_.U64();
            const ByteView script = in_.Take(in_.CompactSize());
            if (!in_.Ok()) return Refuse("output");
            if (value > static_cast<std::uint64_t>(money_max_)) return RefuseValue(value, start);
            sink.Output(static_cast<Amount>(value), script);
        }
        return true;
    }

    bool Marker();
    bool Witness(std::size_t inputs);
    /// Reads a count of things that take at least `bytes_each`.
    bool Count(const char* what, std::size_t bytes_each, std::size_t& count);

    // These return false, for the caller to return.
    bool Refuse(const char* cut_off_part);
    bool Refuse(std::string what, std::size_t offset);
    bool RefuseValue(std::uint64_t value, std::size_t offset);

    ByteReader& in_;
    Amount money_max_;
    ParseError error_;
};

}  // namespace amber::index
