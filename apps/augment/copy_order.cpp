#include "apps/augment/copy_order.h"

#include <algorithm>

#include "core/error.h"

namespace cohort::augmentation {
namespace {

bool comes_later(const Wanted& a, const Wanted& b) { return a.id > b.id; }

std::shared_ptr<const store::Sample> shared(std::optional<store::Sample> sample) {
    return sample ? std::make_shared<const store::Sample>(std::move(*sample)) : nullptr;
}

}  // namespace

std::string copy_id(const std::string& id, std::uint64_t number) { return id + "_aug-" + std::to_string(number); }

CopyOrder::CopyOrder(Next originals, std::uint64_t copies, bool keeps_originals)
    : originals_(std::move(originals)),
      copies_(copies),
      keeps_originals_(keeps_originals),
      ahead_(shared(originals_())) {}

/// The original ahead and its copies join those that wait.
void CopyOrder::admit() {
    const auto first = waiting_.size();
    for (std::uint64_t number = keeps_originals_ ? 0 : 1; number <= copies_; ++number)
        waiting_.push_back({ahead_, number, number == 0 ? ahead_->id : copy_id(ahead_->id, number), false});
    const auto last = std::max_element(waiting_.begin() + static_cast<std::ptrdiff_t>(first), waiting_.end(),
                                       [](const Wanted& a, const Wanted& b) { return a.id < b.id; });
    last->is_last = true;
    for (auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(first); end != waiting_.end();)
        std::push_heap(waiting_.begin(), ++end, comes_later);
    ahead_ = shared(originals_());
}

std::optional<Wanted> CopyOrder::next() {
    while (ahead_ && (waiting_.empty() || waiting_.front().id >= ahead_->id)) {
        if (!waiting_.empty() && keeps_originals_ && waiting_.front().id == ahead_->id)
            throw Error(Exit::bad_input, "Copy " + std::to_string(waiting_.front().number) + " of " +
                                             waiting_.front().original->id + " would be called " + ahead_->id +
                                             ", and a sample of that name is there already; augment the dataset that "
                                             "this one was made from, or give --drop-originals.");
        admit();
    }
    if (waiting_.empty()) return std::nullopt;
    std::pop_heap(waiting_.begin(), waiting_.end(), comes_later);
    auto wanted = std::move(waiting_.back());
    waiting_.pop_back();
    return wanted;
}

}  // namespace cohort::augmentation
