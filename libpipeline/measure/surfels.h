// Surface elements between voxels, weighted by area: the surface as google-deepmind/surface-distance has it.
#pragma once

#include <vector>

#include "measure/case_pair.h"
#include "measure/mask.h"

namespace cohort::measure {

/// An element of surface: distance in mm to the other surface, and its area in mm² (length in mm in two dimensions).
struct Surfel {
    double distance_mm = 0;
    double area = 0;
};

/// Sorted by distance, ties by area. Distances are +inf where the other mask is empty.
struct SurfelDistances {
    std::vector<Surfel> ref_to_pred;
    std::vector<Surfel> pred_to_ref;
};

/// Every 2×2(×2) block of the zero-padded mask that is neither empty nor full is a border point at its voxels' common
/// corner; its area follows from which of the voxels are set. Distances between border points' lattices.
SurfelDistances surfel_distances(const CasePair& pair, const Target& target, unsigned threads = 1);

/// Area of a block by its code, for all codes (256 in three dimensions, 16 in two): bits are offsets (0,0,0) … (1,1,1)
/// along (x, y, z), the first offset the highest bit.
/// Three dimensions: Σ over the code's normals n of ‖(nx·sy·sz, ny·sx·sz, nz·sx·sy)‖. Two: half a diagonal for one or
/// three set pixels, the shared side for two neighbours, a diagonal for two opposite ones.
std::vector<double> surfel_areas(int dimensions, const Vec3& spacing_mm);

}  // namespace cohort::measure
