// Changes of one channel's intensities, in place. Voxels x fastest; sums run in memory order, so that equal input gives
// equal bytes. Definitions are those of nnU-Net v2's default augmentation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/philox.h"

namespace cohort::augment {

/// Adds normal noise. Drawn in order, two draws a pair of voxels.
void add_noise(std::span<float> image, double sd, RandomStream& random);

/// Convolution with a Gaussian along each axis; the kernel has about 6σ taps, borders are reflected without repeating
/// the edge. σ in voxels; 0 leaves an axis alone.
void blur(std::span<float> channel, const std::array<std::int64_t, 3>& extent, const std::array<double, 3>& sigma);

/// × factor.
void brighten(std::span<float> channel, double factor);

/// (v − mean) × factor + mean, clipped to the channel's former minimum and maximum.
void change_contrast(std::span<float> channel, double factor);

/// Sampled down by nearest neighbour to round(n × factor) voxels along each axis longer than 1, and up again linearly.
void lower_resolution(std::span<float> channel, const std::array<std::int64_t, 3>& extent, double factor);

enum class Negative { no, yes };
/// ((v − min)/range)^exponent × range + min, then shifted and scaled to the former mean and standard deviation; on the
/// negative image where asked.
void change_gamma(std::span<float> channel, double exponent, Negative negative);

}  // namespace cohort::augment
