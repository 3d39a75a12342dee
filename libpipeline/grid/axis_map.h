// Where a resampled raster lies in its source, axis by axis.
#pragma once

#include <array>
#include <cstdint>

#include "core/geometry.h"
#include "core/volume.h"

namespace cohort::grid {

/// One axis of a resampling along the voxel axes: target index i lies at source index start + i·step. Positions beyond
/// the first and last voxel's middle take their value.
struct AxisMap {
    std::int64_t from = 1, to = 1;  ///< voxels of source and target, ≥ 1
    double start = 0, step = 1;
    bool is_identity() const { return from == to && start == 0 && step == 1; }
    friend bool operator==(const AxisMap&, const AxisMap&) = default;
};
using AxisMaps = std::array<AxisMap, 3>;  ///< x, y, z

/// The raster at another spacing: same axes and same middle, exactly this spacing, round(n·old/new) voxels (at least
/// one).
struct SpacingGrid {
    AxisMaps maps;
    Geometry geometry;
};
/// `shape`: extents along x, y, z. An entry of `spacing_mm` that is 0 keeps that axis as it is, as do axes of one
/// voxel. Error(bad_input) when an axis would get more than most_voxels_along_axis, or its own spacing is 0 or not
/// finite.
inline constexpr std::int64_t most_voxels_along_axis = (std::int64_t{1} << 31) - 1;
SpacingGrid grid_at_spacing(const std::array<std::int64_t, 3>& shape, const Geometry& from, const Vec3& spacing_mm);

/// Corners on corners, as scipy.ndimage.zoom and numpy's linspace have it: first and last voxels' middles coincide.
AxisMaps corner_maps(const std::array<std::int64_t, 3>& from, const std::array<std::int64_t, 3>& to);

/// Extents along x, y, z when these (or the first of them) are the leading axes, 1 for those that are not there.
/// Error(bad_input) when one of them comes after another axis: such an image is to be permuted first.
std::array<std::int64_t, 3> leading_extents(const Shape& shape, const std::vector<Axis>& axes);
inline std::array<std::int64_t, 3> leading_extents(const Volume& volume) {
    return leading_extents(volume.shape(), volume.axes());
}

}  // namespace cohort::grid
