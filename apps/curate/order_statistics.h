// Exact percentiles of many values in two passes and little memory.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cohort::curate {

/// Percentile p (0–100) of n > 0 values by linear interpolation between order statistics, in the arithmetic of
/// numpy.percentile: `ranked(k)` is the k-th smallest, from 0.
template <class Ranked>
double percentile_between(double p, std::uint64_t n, Ranked ranked) {
    const double place = p / 100 * static_cast<double>(n - 1);
    const auto below = static_cast<std::uint64_t>(place);
    const double t = place - static_cast<double>(below), a = ranked(below);
    if (below + 1 >= n) return a;
    const double b = ranked(below + 1);
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

/// Counts values by the 16 high bits of their float, in ascending order of value. Finite values only.
class RankHistogram {
public:
    static constexpr std::size_t buckets = 65536;
    RankHistogram() : counts_(buckets, 0) {}
    static std::uint32_t bucket_of(double value);
    void see(double value) { ++counts_[bucket_of(value)]; }
    const std::vector<std::uint64_t>& counts() const { return counts_; }

private:
    std::vector<std::uint64_t> counts_;
};

/// In a second pass over the same values, keeps those whose bucket holds a rank around the percentiles .5 or 99.5.
class RankCollector {
public:
    RankCollector(const RankHistogram& histogram, std::uint64_t count);
    void see(double value);
    /// 0.5 or 99.5, once all values have been seen.
    double percentile(double p);

private:
    struct Bucket {
        std::uint32_t number = 0;
        std::uint64_t below = 0;  ///< values in lower buckets
        std::vector<double> values;
    };
    double ranked(std::uint64_t rank);

    std::uint64_t count_;
    std::vector<Bucket> kept_;               ///< ascending, at most four
    std::vector<std::uint8_t> place_;        ///< by bucket: 0 not kept, else 1 + place in kept_
};

}  // namespace cohort::curate
