// Which planes of a volume are shown, and which way up.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/geometry.h"

namespace cohort::pictures {

/// A plane through a volume: voxel axis `across` runs over the picture, `down` from its top, `through` is fixed.
/// A flipped axis runs against its index.
struct Plane {
    std::size_t across = 0, down = 1, through = 2;
    bool flip_across = false, flip_down = false;
    friend bool operator==(const Plane&, const Plane&) = default;
};

/// Axial, coronal, sagittal, for the voxel axes nearest to the patient's (largest sum of direction cosines over the six
/// assignments); the patient's right and anterior on the left of the picture, anterior and superior up. Without an
/// affine the index axes as they are (x to the right, y down). Only planes with more than one voxel each way, at least
/// one.
std::vector<Plane> planes_of(const std::array<std::int64_t, 3>& shape, const Geometry& geometry);

}  // namespace cohort::pictures
