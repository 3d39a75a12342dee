// One drawn augmentation of one training patch: everything random is drawn first, then applied.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "augment/recipe.h"
#include "core/philox.h"

namespace cohort::augment {

/// What was drawn for one item. Depends on seed and item only (streams "augment" and, voxel by voxel, "noise").
struct SampleTransform {
    std::array<std::int64_t, 3> shift_voxels{0, 0, 0};  ///< along x, y, z: the patch is read this much further on
    double noise_sd = 0;
};

/// `extent` is the patch's, x, y, z; axes of length 1 are left alone.
SampleTransform draw_transform(const Recipe& recipe, const std::array<std::int64_t, 3>& extent, std::uint64_t seed,
                               std::uint64_t item);

/// Changes the intensities of a patch in place; channels lie one after the other in `image`.
void apply_intensity(const SampleTransform& transform, std::span<float> image, std::uint64_t seed, std::uint64_t item);

}  // namespace cohort::augment
