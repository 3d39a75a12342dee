#include "measure/bootstrap.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>

#include "measure/distributions.h"
#include "measure/percentile.h"

namespace cohort::measure {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double z_95 = 1.95996398454005424;

/// Means of all units but one.
std::vector<double> jackknife(const std::vector<Unit>& units) {
    Unit all;
    for (const Unit& u : units) all.sum += u.sum, all.count += u.count;
    std::vector<double> means;
    means.reserve(units.size());
    for (const Unit& u : units) means.push_back((all.sum - u.sum) / static_cast<double>(all.count - u.count));
    return means;
}

double acceleration_of(const std::vector<Unit>& units) {
    const auto left_out = jackknife(units);
    double mean = 0;
    for (const double m : left_out) mean += m;
    mean /= static_cast<double>(left_out.size());
    double squares = 0, cubes = 0;
    for (const double m : left_out) {
        const double u = mean - m;
        squares += u * u;
        cubes += u * u * u;
    }
    return squares == 0 ? 0 : cubes / (6 * std::pow(squares, 1.5));
}

bool all_equal(const std::vector<Unit>& units) {
    const double first = units.front().sum / static_cast<double>(units.front().count);
    return std::all_of(units.begin(), units.end(),
                       [&](const Unit& u) { return u.sum / static_cast<double>(u.count) == first; });
}

}  // namespace

std::vector<Unit> units_of(const std::vector<double>& values) {
    std::vector<Unit> units;
    units.reserve(values.size());
    for (const double v : values) units.push_back({v, 1});
    return units;
}

std::vector<Unit> units_of(const std::vector<double>& values, const std::vector<std::string>& groups) {
    assert(values.size() == groups.size());
    std::vector<Unit> units;
    std::map<std::string_view, std::size_t> place;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto [found, is_new] = place.emplace(groups[i], units.size());
        if (is_new) units.emplace_back();
        units[found->second].sum += values[i];
        ++units[found->second].count;
    }
    return units;
}

double mean_of(const std::vector<Unit>& units) {
    Unit all;
    for (const Unit& u : units) all.sum += u.sum, all.count += u.count;
    return all.sum / static_cast<double>(all.count);
}

std::vector<double> bootstrap_means(const std::vector<Unit>& units, std::size_t resamples, RandomStream stream) {
    std::vector<double> means(resamples);
    for (double& mean : means) {
        Unit drawn;
        for (std::size_t i = 0; i < units.size(); ++i) {
            const Unit& u = units[stream.below(units.size())];
            drawn.sum += u.sum;
            drawn.count += u.count;
        }
        mean = drawn.sum / static_cast<double>(drawn.count);
    }
    std::sort(means.begin(), means.end());
    return means;
}

Interval percentile_interval(const std::vector<double>& sorted_means) {
    return {percentile_of_sorted(sorted_means, 0.025), percentile_of_sorted(sorted_means, 0.975), "percentile"};
}

BcaParts bca_parts(const std::vector<Unit>& units, const std::vector<double>& sorted_means) {
    // The same sum in another order may differ in its last bits: such means are ties.
    const double point = mean_of(units), slack = 1e-12 * std::max(1.0, std::abs(point));
    const auto below = std::lower_bound(sorted_means.begin(), sorted_means.end(), point - slack) - sorted_means.begin();
    const auto up_to = std::upper_bound(sorted_means.begin(), sorted_means.end(), point + slack) - sorted_means.begin();
    const double share = (static_cast<double>(below) + 0.5 * static_cast<double>(up_to - below)) /
                         static_cast<double>(sorted_means.size());
    BcaParts parts{normal_quantile(share), acceleration_of(units), nan, nan};
    const auto level = [&](double z) {
        const double shifted = parts.z0 + z;
        return normal_cdf(parts.z0 + shifted / (1 - parts.acceleration * shifted));
    };
    parts.low_level = level(-z_95);
    parts.high_level = level(z_95);
    return parts;
}

Interval bca_interval(const std::vector<Unit>& units, const std::vector<double>& sorted_means) {
    if (units.size() < 2 || !std::isfinite(mean_of(units))) return {nan, nan, "undefined"};
    if (all_equal(units)) return {mean_of(units), mean_of(units), "point"};
    const BcaParts parts = bca_parts(units, sorted_means);
    if (!std::isfinite(parts.z0) || std::isnan(parts.low_level) || std::isnan(parts.high_level))
        return percentile_interval(sorted_means);
    return {percentile_of_sorted(sorted_means, parts.low_level), percentile_of_sorted(sorted_means, parts.high_level),
            "bca"};
}

Interval bootstrap_interval(const std::vector<Unit>& units, std::size_t resamples, std::uint64_t seed,
                            std::string_view what) {
    if (units.size() < 2 || !std::isfinite(mean_of(units))) return {nan, nan, "undefined"};
    if (all_equal(units)) return {mean_of(units), mean_of(units), "point"};
    return bca_interval(units, bootstrap_means(units, resamples, RandomStream(seed, "bootstrap", item_of(what))));
}

}  // namespace cohort::measure
