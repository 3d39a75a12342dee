// Percentiles as numpy's default has them.
#pragma once

#include <vector>

namespace cohort::measure {

/// Linear percentile of values in any order (they are partly reordered): h = (n−1)·share,
/// x⌊h⌋ + (h−⌊h⌋)(x⌈h⌉ − x⌊h⌋) of the sorted values; share in [0, 1]. NaN when there are none.
/// Infinite values count; between two equal infinities the result is that infinity.
double percentile(std::vector<double>& values, double share);

/// The same of values that are sorted already.
double percentile_of_sorted(const std::vector<double>& sorted, double share);

}  // namespace cohort::measure
