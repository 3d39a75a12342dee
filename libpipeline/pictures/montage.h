// Slices through a volume with labels over it: what inspect and evaluate show.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/geometry.h"
#include "core/volume.h"
#include "pictures/colours.h"
#include "pictures/raster.h"

namespace cohort::pictures {

/// What one case looks like. All spans have nx·ny·nz voxels, x fastest, on one grid, or are empty; nothing is owned.
struct CaseView {
    std::array<std::int64_t, 3> shape{1, 1, 1};
    Geometry geometry = {};                       ///< decides orientation and aspect; none: index axes as they are
    std::span<const float> image = {};            ///< empty: black
    std::span<const std::int32_t> filled = {};    ///< labels drawn as a translucent fill (the reference)
    std::span<const std::int32_t> outlined = {};  ///< labels drawn as an outline (the prediction)
    ColourMap colours = ColourMap::grey;
};

/// The index (x, y, z) where the planes cut: the centre of mass of the labels (filled and outlined, values ≠ 0),
/// rounded; the middle of the grid where there are none.
std::array<std::int64_t, 3> cutting_point(const CaseView& view);

/// One row of square tiles of `side` pixels: axial, coronal, sagittal through cutting_point() for volumes; one tile for
/// an image of a single slice. Radiological display: the patient's right is on the left of the picture, anterior and
/// superior are up; voxel axes are taken to the nearest patient axes, oblique ones are not resampled. Pixels are
/// isotropic in mm (spacing counts), the slice is centred. Intensities: from the 0.5 % to the 99.5 % quantile of the
/// finite voxels. Images are interpolated linearly, labels nearest.
Raster draw_case(const CaseView& view, int side);

/// From intensities to [0, 1].
struct Window {
    double low = 0, high = 1;
    double operator()(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};
/// From the 0.5 % to the 99.5 % quantile of the finite voxels; from the least to the largest where these are one.
Window window_of(std::span<const float> image);

/// One tile: the first of the planes above through `at`, in a window of its own, so that pictures can be compared.
Raster draw_slice(const CaseView& view, const std::array<std::int64_t, 3>& at, const Window& window, int side);

}  // namespace cohort::pictures
