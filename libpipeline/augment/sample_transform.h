// One drawn augmentation of one training patch: everything random is drawn first, then applied.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "augment/recipe.h"
#include "augment/warp.h"

namespace cohort::augment {

/// What is done to one channel's intensities. Neutral values do nothing.
struct ChannelChange {
    std::array<double, 3> blur_sigma{};
    double brightness = 1;
    double contrast = 1;
    std::array<double, 3> resolution{1, 1, 1};  ///< per axis
    double inverted_gamma = 1;
    double gamma = 1;
};

/// What was drawn for one item: a function of recipe, patch, spacing, seed and item (streams "augment", "elastic" and,
/// voxel by voxel, "noise").
struct SampleTransform {
    std::array<std::int64_t, 3> shift_voxels{0, 0, 0};  ///< along x, y, z: the patch is read this much further on
    std::array<bool, 3> mirrored{};
    Matrix matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};  ///< rotation and scaling, without mirroring, in voxels
    bool warps = false;                                ///< false: `matrix` is the identity and `elastic` absent
    std::optional<ElasticField> elastic = std::nullopt;
    double noise_sd = 0;
    std::vector<ChannelChange> channels;

    /// The whole spatial map of a patch whose lower corner is `origin` in the source.
    SpatialMap map(const Extent& origin, const Extent& extent) const;
};

/// Rotations are in millimetres, so that nothing is sheared on anisotropic grids; where one spacing is above three
/// times another, or the patch is one voxel deep, only about the coarsest (the flat) axis.
SampleTransform draw_transform(const Recipe& recipe, const Extent& extent, const std::array<double, 3>& spacing_mm,
                               std::size_t channels, std::uint64_t seed, std::uint64_t item);

/// Reverses a patch along the mirrored axes; `values` hold one or several of `extent` one after the other.
template <class T>
void mirror_patch(std::span<T> values, const Extent& extent, const std::array<bool, 3>& mirrored);

/// Changes the intensities of a patch in place; channels lie one after the other in `image`.
void apply_intensity(const SampleTransform& transform, const Extent& extent, std::span<float> image, std::uint64_t seed,
                     std::uint64_t item);

}  // namespace cohort::augment
