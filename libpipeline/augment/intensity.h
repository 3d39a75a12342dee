// Changes of one channel's intensities, in place, voxel by voxel. Definitions are those of nnU-Net v2's default
// augmentation. Statistics are those of the finite voxels; a voxel that is not finite changes no other.
#pragma once

#include <span>

#include "core/philox.h"

namespace cohort::augment {

/// Adds normal noise. Drawn in order, two draws a pair of voxels (Box–Muller in float: 24 bits are enough for noise).
void add_noise(std::span<float> image, double sd, RandomStream& random);

/// × factor.
void brighten(std::span<float> channel, double factor);

/// (v − mean) × factor + mean, clipped to the channel's former minimum and maximum.
void change_contrast(std::span<float> channel, double factor);

enum class Negative { no, yes };
/// ((v − min)/range)^exponent × range + min, then shifted and scaled to the former mean and standard deviation; on the
/// negative image where asked. `exponent` in (0, 5].
void change_gamma(std::span<float> channel, double exponent, Negative negative);

}  // namespace cohort::augment
