// A smooth random displacement: cubic B-splines over a coarse grid of nodes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/philox.h"

namespace cohort::augment {

/// Displacement of each voxel of a patch, in voxels of its source. Nodes lie 12 voxels apart; their displacements are
/// normal draws. Rueckert et al., IEEE TMI 18 (1999), 712–721.
class ElasticField {
public:
    /// Along axes of length 1 nothing is displaced.
    ElasticField(const std::array<std::int64_t, 3>& extent, double sd_voxels, RandomStream& random);

    /// No displacement exceeds this along any axis (a B-spline lies within its nodes).
    double bound() const { return bound_; }

    /// The nodes of one slice, blended along z: shared by its rows.
    using Slice = std::array<std::vector<float>, 3>;
    Slice slice(std::int64_t z) const;

    /// Adds the displacements of row y of that slice to the three coordinates of its voxels.
    void add_row(const Slice& slice, std::int64_t y, std::span<float> x_out, std::span<float> y_out,
                 std::span<float> z_out) const;

    /// Displacement of every node along x, y and z; x fastest, node_extent() of them.
    const std::array<std::vector<float>, 3>& nodes() const { return displacement_; }
    const std::array<std::int64_t, 3>& node_extent() const { return nodes_; }

private:
    std::array<std::int64_t, 3> nodes_{};  ///< per axis
    std::array<std::vector<float>, 3> displacement_;
    double bound_ = 0;
};

}  // namespace cohort::augment
