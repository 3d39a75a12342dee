// Distances between two sets of voxels on one grid: the exact Euclidean distance transform, asked only where needed.
#pragma once

#include <span>
#include <vector>

#include "measure/mask.h"

namespace cohort::measure {

/// For each voxel of `from` that is not 0, in memory order: the least Euclidean distance in mm between its centre and
/// the centre of a voxel of `to` that is not 0; +inf where `to` has none.
///
/// from, to     equal shapes, x fastest
/// spacing_mm   between neighbours along x, y, z, > 0
/// threads      slices, then queries, are cut among them; the result does not depend on how many
///
/// Rows: nearest feature by two sweeps. Then each query looks at the rows around it, nearest first, until none can be
/// nearer than what it has found: surfaces that lie close together are done in a few steps. Queries that are still
/// looking after `most_rows_looked_at` rows wait for whole slices, by lower envelopes of parabolas (Felzenszwalb &
/// Huttenlocher, Theory of Computing 8 (2012), 415–428), and a search along z; so a far pair of surfaces costs
/// O(voxels), too. Distances are exact but for the rounding of double. Memory: 4 bytes a voxel, 12 if any query waits.
inline constexpr int most_rows_looked_at = 600;
std::vector<double> point_distances(const Mask& from, const Mask& to, const Vec3& spacing_mm, unsigned threads = 1);

}  // namespace cohort::measure
