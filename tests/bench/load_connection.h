#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/latency_histogram.h"
#include "tests/bench/load_answers.h"
#include "tests/bench/load_requests.h"
#include "tests/bench/script_sample.h"

namespace amber::bench {

/// What all connections of a run share. One thread.
struct LoadState {
    const ScriptSample& sample;
    RequestMaker& maker;
    bool counting = false;       ///< past the warm-up
    unsigned check_one_in = 64;  ///< answers compared with the sample in full
    std::array<LatencyHistogram, kMethods> latencies{};
    std::uint64_t answers = 0;  ///< since the start, warm-up included
    std::uint64_t received_bytes = 0, errors = 0, checked = 0, wrong = 0;
    std::string first_error{};  ///< the line
};

/// One connection that keeps `in_flight` requests on their way: each answer is followed by another
/// request, all that one read brought by one write.
class LoadConnection {
public:
    /// Connects and shakes hands. Throws std::runtime_error.
    LoadConnection(LoadState& state, const std::string& host, const std::string& port,
                   unsigned in_flight);
    ~LoadConnection();
    LoadConnection(const LoadConnection&) = delete;
    LoadConnection& operator=(const LoadConnection&) = delete;

    [[nodiscard]] int Descriptor() const { return fd_; }
    /// True if the last write did not take everything.
    [[nodiscard]] bool WantsToWrite() const { return sent_ < output_.size(); }

    void SendFirst();
    void OnWritable() { Flush(); }
    /// Throws std::runtime_error if the server closed the connection.
    void OnReadable();

private:
    struct Slot {
        Question question;
        std::uint64_t sent_ns = 0;
        bool waiting = false;
    };

    /// Handles all whole lines; returns the bytes used.
    std::size_t TakeLines(std::string_view bytes, std::uint64_t now_ns);
    void TakeAnswer(std::string_view line, std::uint64_t now_ns);
    void Ask(unsigned slot, std::uint64_t now_ns);
    void Flush();

    LoadState& state_;
    int fd_ = -1;
    std::vector<Slot> slots_;
    std::vector<unsigned> free_;  ///< answered by the present read
    std::string output_;
    std::size_t sent_ = 0;
    std::string partial_;  ///< a line that has not ended yet
};

/// Monotonic.
std::uint64_t NowNs();

}  // namespace amber::bench
