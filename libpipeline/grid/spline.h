// Coefficients of the cubic B-spline that goes through the voxels.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace cohort::grid {

/// Turns the voxels of one 3D array (x fastest, extents `n`) into spline coefficients, in place, axes of one voxel
/// excepted. Borders are mirrored about the outer voxels' middles. Recursive filter with the pole √3 − 2 (Unser, Aldroubi
/// & Eden, IEEE Transactions on Signal Processing 41 (1993), 821–848); its start is summed until the terms fall below
/// 10⁻¹³. O(voxels); each line's arithmetic is the same for any number of threads.
void spline_coefficients(std::span<float> voxels, const std::array<std::int64_t, 3>& n, unsigned threads);

}  // namespace cohort::grid
