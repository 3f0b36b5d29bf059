#include "server/methods/fee_oracle.h"

namespace amber::server {

int RoundedTarget(std::uint32_t blocks) {
    if (blocks <= 1) return 1;
    if (blocks <= 12 || blocks == 25) return static_cast<int>(blocks);
    if (blocks <= 48) return static_cast<int>(blocks / 2 * 2);
    if (blocks <= 1008) return static_cast<int>(blocks / 24 * 24);
    return 1008;
}

std::optional<double> FeeOracle::KnownEstimate(int blocks, const std::string& mode) {
    const std::lock_guard lock(mutex_);
    const auto found = estimates_.find({blocks, mode});
    if (found == estimates_.end()) return std::nullopt;
    return found->second;
}

void FeeOracle::AskEstimate(int blocks, const std::string& mode, EstimateDone done) {
    const Key key{blocks, mode};
    std::uint64_t generation = 0;
    {
        const std::lock_guard lock(mutex_);
        generation = generation_;
        auto& waiting = waiting_[{key, generation}];
        waiting.push_back(std::move(done));
        if (waiting.size() > 1) return;
    }
    node_.EstimateFee(
        blocks, mode,
        [self = shared_from_this(), key, generation](index::NodeResult<double> result) {
            self->OnEstimate(key, generation, std::move(result));
        });
}

void FeeOracle::OnEstimate(const Key& key, std::uint64_t generation,
                           index::NodeResult<double> result) {
    std::vector<EstimateDone> waiting;
    {
        const std::lock_guard lock(mutex_);
        if (generation == generation_ && result) estimates_[key] = *result;
        waiting = std::move(waiting_[{key, generation}]);
        waiting_.erase({key, generation});
    }
    for (auto& done : waiting) done(result);
}

std::optional<FeeOracle::FeeFloors> FeeOracle::KnownFloors() {
    const std::lock_guard lock(mutex_);
    if (floors_ && std::chrono::steady_clock::now() - floors_time_ < kFloorsAge) return floors_;
    return std::nullopt;
}

void FeeOracle::AskFloors(FloorsDone done) {
    {
        const std::lock_guard lock(mutex_);
        floors_waiting_.push_back(std::move(done));
        if (floors_waiting_.size() > 1) return;
    }
    node_.GetFeeFloors([self = shared_from_this()](index::NodeResult<FeeFloors> result) {
        self->OnFloors(std::move(result));
    });
}

void FeeOracle::OnFloors(index::NodeResult<FeeFloors> result) {
    std::vector<FloorsDone> waiting;
    {
        const std::lock_guard lock(mutex_);
        if (result) {
            floors_ = *result;
            floors_time_ = std::chrono::steady_clock::now();
        }
        waiting.swap(floors_waiting_);
    }
    for (auto& done : waiting) done(result);
}

void FeeOracle::OnNewTip() {
    const std::lock_guard lock(mutex_);
    ++generation_;
    estimates_.clear();
}

}  // namespace amber::server
