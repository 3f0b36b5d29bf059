#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>

namespace amber::server {

/// A session, as its I/O thread counts them; reused after the session is gone.
using SessionNumber = std::uint32_t;

/// The sessions subscribed to one script, side by side: one or two with nothing allocated, more in
/// an array of the next power of two. Looking one up passes over all of them. Thread: one.
class SessionSet {
public:
    [[nodiscard]] std::span<const SessionNumber> All() const {
        return {count_ <= kInline ? few_ : many_, count_};
    }
    [[nodiscard]] bool Contains(SessionNumber session) const {
        const auto all = All();
        return std::find(all.begin(), all.end(), session) != all.end();
    }
    /// Precondition: it is not there.
    void Add(SessionNumber session);
    /// False if it was not there.
    bool Remove(SessionNumber session);

    SessionSet() : few_{} {}
    SessionSet(const SessionSet&) = delete;
    SessionSet& operator=(const SessionSet&) = delete;
    ~SessionSet() { Resize(0); }

private:
    static constexpr std::uint32_t kInline = 2;

    static std::uint32_t Room(std::uint32_t count) { return std::bit_ceil(count); }
    SessionNumber* Data() { return count_ <= kInline ? few_ : many_; }
    void Resize(std::uint32_t count);

    std::uint32_t count_ = 0;
    union {
        SessionNumber few_[kInline];
        SessionNumber* many_;  ///< owned; Room(count_) places
    };
};

}  // namespace amber::server
