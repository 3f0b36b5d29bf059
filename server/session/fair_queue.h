#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

namespace amber::server {

/// Jobs of many askers, served in turn: one of each who has some, then the next one of each. So
/// whoever asks for much waits for himself, and others for one of his jobs at most.
/// The server's own jobs (kOwn) are every second one while there are any: they are few, and for
/// all askers.
/// Bound: at `most` jobs only the first of an asker is still taken, at twice that none.
/// Thread: one at a time.
template <class Job>
class FairQueue {
public:
    using Asker = std::uint64_t;
    static constexpr Asker kOwn = 0;

    explicit FairQueue(std::size_t most) : most_(most) {}

    /// False if it is full.
    [[nodiscard]] bool Push(Asker asker, Job job) {
        if (asker == kOwn) {
            if (Size() >= most_) return false;
            own_.push_back(std::move(job));
            return true;
        }
        if (Size() >= (waiting_.contains(asker) ? most_ : 2 * most_)) return false;
        const auto [place, is_new] = waiting_.try_emplace(asker);
        if (is_new) turns_.push_back(asker);
        place->second.push_back(std::move(job));
        ++size_;
        return true;
    }

    /// Precondition: it is not empty.
    Job Pop() {
        own_last_ = !own_.empty() && (!own_last_ || turns_.empty());
        if (own_last_) return Take(own_);
        const Asker asker = turns_.front();
        turns_.pop_front();
        const auto place = waiting_.find(asker);
        Job job = Take(place->second);
        --size_;
        if (place->second.empty())
            waiting_.erase(place);
        else
            turns_.push_back(asker);
        return job;
    }

    [[nodiscard]] std::size_t Size() const { return size_ + own_.size(); }
    [[nodiscard]] bool IsEmpty() const { return Size() == 0; }
    void Clear() {
        own_.clear();
        turns_.clear();
        waiting_.clear();
        size_ = 0;
    }

private:
    static Job Take(std::deque<Job>& jobs) {
        Job job = std::move(jobs.front());
        jobs.pop_front();
        return job;
    }

    const std::size_t most_;
    std::deque<Job> own_;
    bool own_last_ = false;    ///< the last job taken was of own_
    std::deque<Asker> turns_;  ///< every key of waiting_ once, the next to be served first
    std::unordered_map<Asker, std::deque<Job>> waiting_;  ///< none of them empty
    std::size_t size_ = 0;                                ///< jobs in waiting_
};

}  // namespace amber::server
