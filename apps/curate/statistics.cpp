#include "apps/curate/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/curate/channel_values.h"
#include "apps/curate/order_statistics.h"
#include "core/error.h"

namespace cohort::curate {
namespace {

/// First pass: what needs no second look.
struct FirstLook {
    std::uint64_t count = 0;
    double sum = 0;
    double minimum = std::numeric_limits<double>::infinity(), maximum = -minimum;
    RankHistogram ranks;

    void see(double value) {
        ++count;
        sum += value;
        minimum = std::min(minimum, value);
        maximum = std::max(maximum, value);
        ranks.see(value);
    }
};

/// Second pass: spread about the mean, and the values around the wanted ranks.
struct SecondLook {
    double mean = 0, squares = 0;
    RankCollector ranks;

    explicit SecondLook(const FirstLook& first)
        : mean(first.count ? first.sum / static_cast<double>(first.count) : 0), ranks(first.ranks, first.count) {}
    void see(double value) {
        squares += (value - mean) * (value - mean);
        ranks.see(value);
    }
};

std::optional<Moments> moments_of(const FirstLook& first, SecondLook& second) {
    if (first.count == 0) return std::nullopt;
    Moments m;
    m.count = first.count;
    m.mean = second.mean;
    m.sd = std::sqrt(second.squares / static_cast<double>(first.count));
    m.minimum = first.minimum;
    m.maximum = first.maximum;
    m.percentile_00_5 = second.ranks.percentile(0.5);
    m.percentile_99_5 = second.ranks.percentile(99.5);
    return m;
}

/// Every finite value of the channel: f(value, in the mask).
template <class F>
void for_each_value(const Volume& volume, const ScaleAt& scale, std::int64_t channel,
                    std::span<const std::uint8_t> mask, F f) {
    visit(volume, [&]<class T>(std::span<const T> voxels) {
        std::size_t at = 0;  // in the mask, which repeats
        for_each_run(volume, channel, [&](std::int64_t first, std::int64_t count) {
            for (std::int64_t i = first; i < first + count; ++i) {
                const double value = scale(as_double(voxels[static_cast<std::size_t>(i)]), i);
                const bool inside = !mask.empty() && mask[at] != 0;
                if (++at >= mask.size()) at = 0;
                f(value, inside);
            }
        });
    });
}

ChannelStatistics by_selection(const Volume& volume, const ScaleAt& scale, std::int64_t channel,
                               std::span<const std::uint8_t> mask) {
    ChannelStatistics out;
    FirstLook whole, inside;
    for_each_value(volume, scale, channel, mask, [&](double value, bool in_mask) {
        ++out.voxels;
        if (!std::isfinite(value)) {
            ++(std::isnan(value) ? out.nan : out.infinite);
            return;
        }
        whole.see(value);
        if (in_mask) inside.see(value);
    });
    SecondLook whole2(whole), inside2(inside);
    for_each_value(volume, scale, channel, mask, [&](double value, bool in_mask) {
        if (!std::isfinite(value)) return;
        whole2.see(value);
        if (in_mask) inside2.see(value);
    });
    out.whole = moments_of(whole, whole2);
    out.foreground = moments_of(inside, inside2);
    return out;
}

// --- Types of up to 16 bits: a count per stored value says everything ---

using Counts = std::vector<std::uint64_t>;  // by stored value − lowest

template <class T>
constexpr std::int32_t lowest_stored() {
    if constexpr (std::is_same_v<T, BoolVoxel>) return 0;
    else return static_cast<std::int32_t>(std::numeric_limits<T>::min());
}
template <class T>
constexpr bool is_countable = sizeof(T) <= 2 && (std::is_integral_v<T> || std::is_same_v<T, BoolVoxel>);

template <class T>
std::int32_t stored_value(T voxel) {
    if constexpr (std::is_same_v<T, BoolVoxel>) return voxel == BoolVoxel::no ? 0 : 1;
    else return static_cast<std::int32_t>(voxel);
}

struct Counted {
    std::int32_t lowest = 0;
    Counts whole, inside;
};

template <class T>
Counted count_stored(const Volume& volume, std::int64_t channel, std::span<const std::uint8_t> mask) {
    Counted counted{lowest_stored<T>(), Counts(std::size_t{1} << (8 * sizeof(T)), 0), {}};
    counted.inside.assign(counted.whole.size(), 0);
    const auto voxels = volume.values<T>();
    std::size_t at = 0;
    for_each_run(volume, channel, [&](std::int64_t first, std::int64_t count) {
        for (std::int64_t i = first; i < first + count; ++i) {
            const auto code = static_cast<std::size_t>(stored_value(voxels[static_cast<std::size_t>(i)]) - counted.lowest);
            ++counted.whole[code];
            if (mask.empty()) continue;
            counted.inside[code] += mask[at] != 0;
            if (++at >= mask.size()) at = 0;
        }
    });
    return counted;
}

std::optional<Moments> moments_of(std::vector<std::pair<double, std::uint64_t>> values) {
    std::sort(values.begin(), values.end());  // a negative slope turns the order round
    Moments m;
    double sum = 0;
    for (const auto& [value, count] : values) m.count += count, sum += value * static_cast<double>(count);
    if (m.count == 0) return std::nullopt;
    m.mean = sum / static_cast<double>(m.count);
    for (const auto& [value, count] : values)
        m.sd += (value - m.mean) * (value - m.mean) * static_cast<double>(count);
    m.sd = std::sqrt(m.sd / static_cast<double>(m.count));
    m.minimum = values.front().first;
    m.maximum = values.back().first;
    const auto ranked = [&](std::uint64_t rank) {
        std::uint64_t below = 0;
        for (const auto& [value, count] : values)
            if (rank < (below += count)) return value;
        return values.back().first;
    };
    m.percentile_00_5 = percentile_between(0.5, m.count, ranked);
    m.percentile_99_5 = percentile_between(99.5, m.count, ranked);
    return m;
}

ChannelStatistics by_counting(const Volume& volume, const ScaleAt& scale, std::int64_t channel,
                              std::span<const std::uint8_t> mask) {
    const auto counted = visit(volume, [&]<class T>(std::span<const T>) -> Counted {
        if constexpr (is_countable<T>) return count_stored<T>(volume, channel, mask);
        else return {};
    });
    ChannelStatistics out;
    std::vector<std::pair<double, std::uint64_t>> whole, inside;
    for (std::size_t code = 0; code < counted.whole.size(); ++code) {
        if (counted.whole[code] == 0) continue;
        out.voxels += counted.whole[code];
        // Scale is one per channel here; any voxel of it will do.
        const double value = scale(static_cast<double>(counted.lowest) + static_cast<double>(code),
                                   channel * stride_of(volume, "c").stride);
        if (!std::isfinite(value)) {
            (std::isnan(value) ? out.nan : out.infinite) += counted.whole[code];
            continue;
        }
        whole.emplace_back(value, counted.whole[code]);
        if (counted.inside[code]) inside.emplace_back(value, counted.inside[code]);
    }
    out.whole = moments_of(std::move(whole));
    out.foreground = moments_of(std::move(inside));
    return out;
}

bool is_counted(const Volume& volume, const Scale& scale) {
    const bool countable = visit(volume, []<class T>(std::span<const T>) { return is_countable<T>; });
    return countable && (scale.axis.empty() || scale.axis == "c");
}

}  // namespace

AxisStride stride_of(const Volume& volume, std::string_view axis) {
    AxisStride out;
    for (std::size_t a = 0; a < volume.shape().size(); ++a) {
        if (volume.axes()[a].name == axis) return {out.stride, volume.shape()[a]};
        out.stride *= volume.shape()[a];
    }
    return {1, 1};
}

ScaleAt::ScaleAt(const Volume& volume, const Scale& scale) : slope_(scale.slope), offset_(scale.offset) {
    if (is_uniform()) return;
    stride_ = stride_of(volume, scale.axis);
    if (slope_.size() != static_cast<std::size_t>(stride_.extent) || offset_.size() != slope_.size())
        throw Error(Exit::bad_input, "its scale has " + std::to_string(slope_.size()) + " slopes for " +
                                         std::to_string(stride_.extent) + " places along " + scale.axis + ".");
}

ChannelStatistics channel_statistics(const Volume& volume, const Scale& scale, std::int64_t channel,
                                     std::span<const std::uint8_t> mask) {
    const auto voxels = volume.size() / stride_of(volume, "c").extent;
    if (mask.empty() || voxels % static_cast<std::int64_t>(mask.size()) != 0) mask = {};
    const ScaleAt at(volume, scale);
    return is_counted(volume, scale) ? by_counting(volume, at, channel, mask) : by_selection(volume, at, channel, mask);
}

}  // namespace cohort::curate
