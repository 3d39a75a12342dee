// Resampling along the voxel axes: to another spacing or size.
#pragma once

#include "core/volume.h"
#include "grid/axis_map.h"

namespace cohort::grid {

enum class Interpolation { nearest, linear, cubic };

/// An f32 array on another raster (further axes, such as c and t, ride along).
///
/// linear  between the two neighbours of each axis
/// cubic   B-spline of degree 3 through the voxels, mirrored at the borders (Unser, IEEE Signal Processing Magazine 16
///         (1999), 22–38; what scipy.ndimage does with order=3, mode="mirror"): may overshoot at edges
/// nearest the voxel at floor(position + ½), as scipy's order 0
///
/// Separable: a target slice is blended from its source slices, then along y, then along x, so that nothing but the
/// result (and, for cubic, the coefficients: one more source) is held. f32 arithmetic throughout. The result does not
/// depend on `threads`. NaN and infinity spread to the voxels that their neighbourhood reaches.
/// Error(bug) when the maps do not fit the array or the type is not f32.
Volume resample(const Volume& source, const AxisMaps& maps, Interpolation interpolation, unsigned threads = 1);

/// Any type, values untouched: the voxel at floor(position + ½) per axis.
Volume resample_nearest(const Volume& source, const AxisMaps& maps);

/// Labels by linear interpolation of each value's indicator: the value with the largest share wins, the lowest on ties.
/// Stored values are compared. A voxel's eight neighbours are counted, so the cost does not grow with the number of
/// values, and nothing but the result is held. Error(bad_input) for complex types.
Volume resample_labels(const Volume& labels, const AxisMaps& maps, unsigned threads = 1);

}  // namespace cohort::grid
