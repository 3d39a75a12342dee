#include "core/progress.h"

#include <utility>

namespace cohort {

void Progress::start(std::string phase, std::uint64_t total, std::string unit) {
    const std::lock_guard lock(mutex_);
    if (!phase_.empty()) finished_.push_back(current());
    phase_ = std::move(phase);
    unit_ = std::move(unit);
    note_.clear();
    done_ = 0;
    bytes_ = 0;
    total_ = total;
}
void Progress::advance(std::uint64_t items, std::uint64_t bytes) {
    done_ += items;
    bytes_ += bytes;
}
void Progress::quarantined(std::uint64_t items) { quarantined_ += items; }
void Progress::note(std::string text) {
    const std::lock_guard lock(mutex_);
    note_ = std::move(text);
}
Progress::Snapshot Progress::current() const { return {phase_, unit_, done_, total_, quarantined_, bytes_, note_}; }
Progress::Snapshot Progress::snapshot() const {
    const std::lock_guard lock(mutex_);
    return current();
}
std::vector<Progress::Snapshot> Progress::finished() const {
    const std::lock_guard lock(mutex_);
    return finished_;
}

}  // namespace cohort
