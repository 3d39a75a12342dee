#include "measure/percentile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cohort::measure {
namespace {

double between(double low, double high, double share) {
    if (low == high || share == 0) return low;  // also keeps inf − inf away
    return low + share * (high - low);
}

}  // namespace

double percentile(std::vector<double>& values, double share) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double h = static_cast<double>(values.size() - 1) * share;
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(std::floor(h));
    std::nth_element(values.begin(), place, values.end());
    if (place + 1 == values.end()) return *place;
    return between(*place, *std::min_element(place + 1, values.end()), h - std::floor(h));
}

double percentile_of_sorted(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double h = static_cast<double>(sorted.size() - 1) * share;
    const auto low = static_cast<std::size_t>(std::floor(h));
    if (low + 1 >= sorted.size()) return sorted.back();
    return between(sorted[low], sorted[low + 1], h - std::floor(h));
}

}  // namespace cohort::measure
