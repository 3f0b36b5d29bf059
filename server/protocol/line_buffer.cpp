#include "server/protocol/line_buffer.h"

#include <cstring>

namespace amber::server {

void LineBuffer::Feed(std::string_view chunk) {
    if (window_.empty()) {
        held_.clear();
        window_ = chunk;
        return;
    }
    held_ += chunk;  // Keep() has made window_ the whole of held_
    window_ = held_;
}

LineBuffer::Item LineBuffer::Next() {
    const void* found = window_.size() > searched_ ? std::memchr(window_.data() + searched_, '\n',
                                                                 window_.size() - searched_)
                                                   : nullptr;
    const std::size_t end =
        found ? static_cast<std::size_t>(static_cast<const char*>(found) - window_.data())
              : window_.size();
    if (skipping_ || end > max_line_) {
        const bool first = !skipping_;
        skipping_ = !found;
        skipped_ = (first ? 0 : skipped_) + end;
        window_.remove_prefix(found ? end + 1 : end);
        searched_ = 0;
        if (skipping_ && skipped_ / kAbandonFactor > max_line_) return {Event::abandon, {}};
        if (first) return {Event::too_long, {}};
        return found ? Next() : Item{};
    }
    if (!found) {
        searched_ = window_.size();
        return {};
    }
    std::string_view line = window_.substr(0, end);
    window_.remove_prefix(end + 1);
    searched_ = 0;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return {Event::line, line};
}

void LineBuffer::Keep() {
    if (window_.empty()) {
        if (held_.capacity() > 4096) held_ = std::string();
        held_.clear();
    } else if (held_.empty()) {
        held_.assign(window_);
    } else {
        held_.erase(0, held_.size() - window_.size());
        if (held_.capacity() > 4096 && held_.size() < held_.capacity() / 4) held_.shrink_to_fit();
    }
    window_ = held_;
}

}  // namespace amber::server
