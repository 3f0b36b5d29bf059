#pragma once
#include <chrono>

// What a session's doings cost, in units of limits::CostRules: milliseconds of our threads.
namespace amber::server {

inline double UnitsOf(std::chrono::duration<double, std::milli> time) { return time.count(); }

// What is not measured.
inline constexpr double kCostOfByte = 1.0 / 100'000;  ///< either way
inline constexpr double kCostOfError = 1;             ///< wallets make few
inline constexpr double kCostOfNode = 0.05;           ///< a request to the node
inline constexpr double kCostOfDisk = 0.05;           ///< a read that had to wait for the disk

}  // namespace amber::server
