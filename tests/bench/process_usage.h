#pragma once
#include <sys/types.h>

#include <cstdint>

namespace amber::bench {

/// What a process has used, from /proc.
struct ProcessUsage {
    double cpu_seconds = 0;  ///< user and system, all threads
    std::uint64_t resident_bytes = 0;
    std::uint64_t peak_resident_bytes = 0;
};

/// Throws std::runtime_error if there is no such process.
ProcessUsage ReadProcessUsage(pid_t pid);

double OwnCpuSeconds();
/// CPU seconds that the whole machine was busy since it started.
double MachineBusySeconds();

}  // namespace amber::bench
