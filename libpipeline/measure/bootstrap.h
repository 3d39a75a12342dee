// Intervals of a mean by resampling cases, or subjects where several cases share one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/philox.h"

namespace cohort::measure {

/// What is resampled: the sum and number of the values of each unit (a case, or all cases of a subject).
struct Unit {
    double sum = 0;
    std::uint64_t count = 0;
};
/// One unit per value.
std::vector<Unit> units_of(const std::vector<double>& values);
/// One unit per group, in the order of first appearance; sizes must agree.
std::vector<Unit> units_of(const std::vector<double>& values, const std::vector<std::string>& groups);

double mean_of(const std::vector<Unit>& units);

/// Means of `resamples` draws of as many units as there are, with replacement; sorted. All draws come from `stream`.
std::vector<double> bootstrap_means(const std::vector<Unit>& units, std::size_t resamples, RandomStream stream);

/// `method` says how it came about: "bca"; "percentile" (z0 infinite: every resampled mean lies on one side); "point"
/// (all units equal); "undefined" with fewer than two units, or with values that are not finite (then both are NaN).
struct Interval {
    double low, high;
    std::string_view method;
};

/// 95 % percentile interval of sorted resampled means (numpy's linear percentiles 2.5 and 97.5).
Interval percentile_interval(const std::vector<double>& sorted_means);

/// What BCa corrects by: bias z0, acceleration a, and the two levels that take the place of .025 and .975.
struct BcaParts {
    double z0, acceleration;
    double low_level, high_level;
};
BcaParts bca_parts(const std::vector<Unit>& units, const std::vector<double>& sorted_means);

/// Bias-corrected and accelerated (Efron 1987), with the jackknife over units.
Interval bca_interval(const std::vector<Unit>& units, const std::vector<double>& sorted_means);

/// Means and BCa in one: `resamples` draws from the stream ("bootstrap", seed, `what`), so that no interval depends on
/// another.
Interval bootstrap_interval(const std::vector<Unit>& units, std::size_t resamples, std::uint64_t seed,
                            std::string_view what);

}  // namespace cohort::measure
