#include "tests/bench/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

namespace amber::bench {
namespace {

double SecondsOfTicks(std::uint64_t ticks) {
    return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double CpuSeconds(const std::string& folder) {
    std::ifstream file(folder + "/stat");
    file.ignore(std::numeric_limits<std::streamsize>::max(), ')');  // the name may hold spaces
    std::string skipped;
    for (int i = 0; i < 11; ++i) file >> skipped;
    std::uint64_t user = 0, system = 0;
    if (!(file >> user >> system)) throw std::runtime_error("no process in " + folder);
    return SecondsOfTicks(user + system);
}

}  // namespace

ProcessUsage ReadProcessUsage(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    ProcessUsage usage{.cpu_seconds = CpuSeconds(folder)};
    std::ifstream status(folder + "/status");
    std::string word;
    std::uint64_t kilobytes = 0;
    while (status >> word) {
        if (word == "VmHWM:" && status >> kilobytes) usage.peak_resident_bytes = kilobytes * 1024;
        if (word == "VmRSS:" && status >> kilobytes) usage.resident_bytes = kilobytes * 1024;
    }
    return usage;
}

double OwnCpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double MachineBusySeconds() {
    std::ifstream file("/proc/stat");
    std::string name;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft_irq = 0,
                  stolen = 0;
    file >> name >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> stolen;
    return SecondsOfTicks(user + nice + system + irq + soft_irq + stolen);
}

}  // namespace amber::bench
