#pragma once
#include <chrono>
#include <ctime>

namespace amber::index {

inline std::chrono::nanoseconds ReadCpuClock(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// What processors have given to the calling thread so far.
inline std::chrono::nanoseconds ThreadCpuTime() { return ReadCpuClock(CLOCK_THREAD_CPUTIME_ID); }
/// To the whole process.
inline std::chrono::nanoseconds ProcessCpuTime() { return ReadCpuClock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace amber::index
