// Blur and lower resolution of one channel, in place: rows of voxels at a time, so that loops run along x.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace cohort::augment {

/// Convolution with a Gaussian along each axis; the kernel has about 6σ taps, borders are reflected without repeating
/// the edge. σ in voxels; 0 leaves an axis alone. What is not finite spreads as far as the kernel reaches.
void blur(std::span<float> channel, const std::array<std::int64_t, 3>& extent, const std::array<double, 3>& sigma);

/// Sampled down by nearest neighbour to round(n × factor) voxels along each axis, one at least, and up again linearly
/// (half-pixel centres, ends held).
void lower_resolution(std::span<float> channel, const std::array<std::int64_t, 3>& extent,
                      const std::array<double, 3>& factors);

}  // namespace cohort::augment
