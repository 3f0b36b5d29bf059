#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace amber::server {

/// Cuts a stream of bytes into lines. Lines that arrive whole are handed on where they lie; only
/// what is incomplete, or not wanted yet, is copied. Holds at most a line of the maximum length
/// and one chunk.
class LineBuffer {
public:
    enum class Event {
        none,      ///< no further whole line
        line,      ///< without its "\n" or "\r\n"
        too_long,  ///< a line over the maximum; its bytes are dropped up to the next newline
        abandon,   ///< kAbandonFactor times the maximum without a newline: not a client of ours
    };
    struct Item {
        Event event = Event::none;
        std::string_view line;
    };
    static constexpr std::size_t kAbandonFactor = 4;

    explicit LineBuffer(std::size_t max_line) : max_line_(max_line) {}

    /// For what is fed from now on.
    void SetMaxLine(std::size_t max_line) { max_line_ = max_line; }

    /// Adds bytes, which must stay valid until Keep().
    void Feed(std::string_view chunk);
    /// The next line; its view is valid until the next Feed() or Keep().
    Item Next();
    /// Copies what Next() has not returned yet. Call it before the fed bytes go away.
    void Keep();

    /// Bytes held in memory of its own.
    [[nodiscard]] std::size_t HeldBytes() const { return held_.size(); }

private:
    std::size_t max_line_;
    std::string held_;
    std::string_view window_;   ///< not yet returned: in the fed chunk, or in held_
    std::size_t searched_ = 0;  ///< bytes of window_ known to have no newline
    std::size_t skipped_ = 0;   ///< bytes of the current too long line
    bool skipping_ = false;
};

}  // namespace amber::server
