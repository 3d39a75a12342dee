#include "apps/curate/order_statistics.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace cohort::curate {

std::uint32_t RankHistogram::bucket_of(double value) {
    // Rounding to float keeps the order (not strictly), and the bits of a float ascend with it once the sign is turned.
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value) + 0.0F);  // −0 and 0 share a bucket
    const auto ascending = (bits & 0x8000'0000U) ? ~bits : bits | 0x8000'0000U;
    return ascending >> 16;
}

RankCollector::RankCollector(const RankHistogram& histogram, std::uint64_t count)
    : count_(count), place_(RankHistogram::buckets, 0) {
    if (count == 0) return;
    std::vector<std::uint64_t> wanted;
    for (const double p : {0.5, 99.5})
        percentile_between(p, count, [&](std::uint64_t rank) {
            wanted.push_back(rank);
            return 0.0;
        });
    std::uint64_t below = 0;
    for (std::uint32_t b = 0; b < RankHistogram::buckets; ++b) {
        const auto here = histogram.counts()[b];
        if (std::any_of(wanted.begin(), wanted.end(), [&](auto rank) { return rank >= below && rank < below + here; })) {
            kept_.push_back({b, below, {}});
            kept_.back().values.reserve(here);
            place_[b] = static_cast<std::uint8_t>(kept_.size());
        }
        below += here;
    }
}

void RankCollector::see(double value) {
    if (const auto place = place_[RankHistogram::bucket_of(value)]) kept_[place - 1U].values.push_back(value);
}

double RankCollector::ranked(std::uint64_t rank) {
    for (auto& bucket : kept_) {
        if (rank < bucket.below || rank >= bucket.below + bucket.values.size()) continue;
        const auto nth = bucket.values.begin() + static_cast<std::ptrdiff_t>(rank - bucket.below);
        std::nth_element(bucket.values.begin(), nth, bucket.values.end());
        return *nth;
    }
    assert(false && "the rank's bucket was kept");
    return 0;
}

double RankCollector::percentile(double p) {
    return percentile_between(p, count_, [&](std::uint64_t rank) { return ranked(rank); });
}

}  // namespace cohort::curate
