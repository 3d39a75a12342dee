// Intensities of one channel: moments and exact percentiles in two passes over the voxels, without a copy of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/volume.h"

namespace cohort::curate {

/// Over finite values only. The standard deviation is the population's (divided by n). Percentiles are exact, between
/// order statistics linear as numpy.percentile's default (Hyndman & Fan, The American Statistician 50 (1996), type 7).
struct Moments {
    std::uint64_t count = 0;
    double mean = 0, sd = 0, minimum = 0, maximum = 0, percentile_00_5 = 0, percentile_99_5 = 0;
};

struct ChannelStatistics {
    std::uint64_t voxels = 0, nan = 0, infinite = 0;
    std::optional<Moments> whole;       ///< nothing when no voxel is finite
    std::optional<Moments> foreground;  ///< nothing without a mask that fits, or when no finite voxel lies in it
};

/// Statistics of the channel `channel` along axis c (all voxels if the array has no such axis), values after scale
/// (complex: magnitude).
///
/// mask  one byte per voxel of a grid, x fastest, 0 is outside; used when the channel's voxels are a whole multiple of
///       it (it then repeats, as over time); empty: none
///
/// Stored types of up to 16 bits with one scale are counted per value; others go through a histogram over the 16 high
/// bits of the value as float, whose few buckets around the wanted ranks are then sorted out exactly. O(voxels).
/// Sums run in the order of the voxels: the result does not depend on threads.
ChannelStatistics channel_statistics(const Volume& volume, const Scale& scale, std::int64_t channel,
                                     std::span<const std::uint8_t> mask);

/// Values of a label (after scale) with their number of voxels, ascending. At most `most_values` different ones are
/// kept; `others` counts the voxels of the rest, and `not_integer` those that are no integers (NaN among them).
struct LabelCounts {
    struct Count {
        std::int64_t value;
        std::uint64_t voxels;
    };
    std::vector<Count> counts;
    std::uint64_t not_integer = 0, others = 0;
    double first_not_integer = 0;  ///< an example, for the sentence
};
inline constexpr std::size_t most_label_values = 65536;
LabelCounts label_counts(const Volume& label, const Scale& scale);

/// 1 where the label is above 0 (after scale), one byte per voxel; `mask` is combined with or.
void mark_foreground(const Volume& label, const Scale& scale, std::vector<std::uint8_t>& mask);

/// The smallest box along x, y and z (those that there are, leading the axes) that holds every voxel whose value after scale is
/// not 0; first and last index. Nothing when all are 0.
struct NonZeroBox {
    std::array<std::int64_t, 3> first{0, 0, 0}, last{0, 0, 0};
};
std::optional<NonZeroBox> non_zero_box(const Volume& volume, const Scale& scale);

}  // namespace cohort::curate
