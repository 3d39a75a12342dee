// Which extents of an array lie in space.
#pragma once

#include <vector>

#include "core/volume.h"

namespace cohort {

/// Extents along x, y and z, told by the axes' names: always three, 1 for one that is not there. A colour image x y c
/// of a slice is {x, y, 1}, whatever its channels. What same_grid and corner_distance_mm compare.
Shape spatial_shape(const Shape& shape, const std::vector<Axis>& axes);

}  // namespace cohort
