// Cutting an image to a box of its voxels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/geometry.h"
#include "core/volume.h"

namespace cohort::grid {

/// First index and extent along x, y, z; origin 0 and extent 1 for axes that are not there.
struct VoxelBox {
    std::array<std::int64_t, 3> origin{0, 0, 0}, extent{1, 1, 1};
    friend bool operator==(const VoxelBox&, const VoxelBox&) = default;
};

/// The smallest box that holds every voxel other than 0 (NaN is other than 0) over all further axes; nothing when all
/// are 0. Values count after `scale`, as f32. Any type; x, y, z lead (see leading_extents).
std::optional<VoxelBox> non_zero_box(const Volume& volume, const Scale& scale = {});

/// The box that holds both.
VoxelBox united(const VoxelBox& a, const VoxelBox& b);

/// The voxels of the box, further axes whole, any type; Error(bug) if the box is not inside.
Volume crop(const Volume& volume, const VoxelBox& box);

/// The geometry of what lies in the box: its first voxel becomes the origin.
Geometry cropped(const Geometry& geometry, const VoxelBox& box);

}  // namespace cohort::grid
