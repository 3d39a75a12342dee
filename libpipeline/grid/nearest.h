// Nearest-neighbour resampling from one grid to another through the world: labels keep their values.
#pragma once

#include "core/geometry.h"
#include "core/volume.h"

namespace cohort::grid {

/// The array on another spatial grid; axes beyond x y z ride along, type and values stay. For each target voxel the
/// world position is taken back to the source's index, rounded half up per axis (floor(i + ½), as scipy's order 0);
/// positions beyond the source's voxels, half a voxel around them included, give zero.
///
/// `shape` and `axes` are those of the result: same further axes as the source's; spatial axes are the leading x y z.
/// Both geometries need a usable affine: Error(bad_input) otherwise, or where the further axes differ.
/// Cost: one pass over the target, a product with the combined affine per voxel.
Volume resample_nearest(const Volume& source, const Geometry& from, const Shape& shape, const std::vector<Axis>& axes,
                        const Geometry& to);

}  // namespace cohort::grid
