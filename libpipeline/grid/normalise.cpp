#include "grid/normalise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace cohort::grid {
namespace {

constexpr std::array<std::pair<Intensity, std::string_view>, 5> names{{{Intensity::none, "none"},
                                                                       {Intensity::zscore, "zscore"},
                                                                       {Intensity::minmax, "minmax"},
                                                                       {Intensity::percentile, "percentile"},
                                                                       {Intensity::window, "window"}}};

/// (v − shift) / width for finite values cut to [low, high]; 0 where there is no width.
void rescale(std::span<float> voxels, double low, double high, double shift, double width) {
    for (float& v : voxels)
        if (std::isfinite(v))
            v = width > 0 ? static_cast<float>((std::clamp(static_cast<double>(v), low, high) - shift) / width) : 0.0F;
}

void zscore(std::span<float> voxels) {
    double sum = 0, squares = 0;
    std::size_t count = 0;
    for (const float v : voxels)
        if (std::isfinite(v)) sum += static_cast<double>(v), ++count;
    if (count == 0) return;
    const double mean = sum / static_cast<double>(count);
    for (const float v : voxels)
        if (std::isfinite(v)) squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    constexpr double far = std::numeric_limits<double>::infinity();
    rescale(voxels, -far, far, mean, std::sqrt(squares / static_cast<double>(count)));
}

std::pair<double, double> range_of(std::span<const float> voxels) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const float v : voxels)
        if (std::isfinite(v)) low = std::min(low, static_cast<double>(v)), high = std::max(high, static_cast<double>(v));
    return {low, high};
}

/// numpy.percentile with linear interpolation; `finite` is reordered.
double percentile(std::vector<float>& finite, double p) {
    const double place = p / 100 * static_cast<double>(finite.size() - 1);
    const auto below = finite.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(finite.begin(), below, finite.end());
    const double a = static_cast<double>(*below), t = place - std::floor(place);
    if (t == 0) return a;
    const double b = static_cast<double>(*std::min_element(below + 1, finite.end()));
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

}  // namespace

std::string_view name_of(Intensity intensity) {
    for (const auto& [value, name] : names)
        if (value == intensity) return name;
    return {};
}

std::optional<Intensity> intensity_named(std::string_view wanted) {
    for (const auto& [value, name] : names)
        if (name == wanted) return value;
    return std::nullopt;
}

void normalise(std::span<float> voxels, const Normalisation& how) {
    const auto between = [&](double low, double high) { rescale(voxels, low, high, low, high - low); };
    switch (how.intensity) {
        case Intensity::none: return;
        case Intensity::zscore: return zscore(voxels);
        case Intensity::minmax: {
            const auto [low, high] = range_of(voxels);
            return low <= high ? between(low, high) : void();
        }
        case Intensity::percentile: {
            std::vector<float> finite;
            finite.reserve(voxels.size());
            std::copy_if(voxels.begin(), voxels.end(), std::back_inserter(finite), [](float v) { return std::isfinite(v); });
            if (finite.empty()) return;
            const double low = percentile(finite, how.percentiles.first);
            return between(low, percentile(finite, how.percentiles.second));
        }
        case Intensity::window:
            return between(how.window_centre - how.window_width / 2, how.window_centre + how.window_width / 2);
    }
}

}  // namespace cohort::grid
