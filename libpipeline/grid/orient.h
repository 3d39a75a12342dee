// Orientation: which way an image's axes point in the patient, and turning them to the canonical way (RAS+).
#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/geometry.h"
#include "core/volume.h"

namespace cohort::grid {

/// For one axis of the voxel grid: the world axis (0 x, 1 y, 2 z) that it follows most, and whether along or against
/// it.
struct AxisDirection {
    std::size_t world = 0;
    int sign = 1;  ///< +1 or −1
    friend bool operator==(const AxisDirection&, const AxisDirection&) = default;
};
/// By voxel axis; nothing where the affine has no direction for it (a column of zeros, a singular affine).
using Orientation = std::array<std::optional<AxisDirection>, 3>;

/// As nibabel's io_orientation: the affine's columns are normalised, the nearest rotation (polar decomposition,
/// singular values below 3 ε of the largest dropped) is taken, and voxel axes choose their world axes in turn, the
/// largest component first come, first served. The affine must be finite.
Orientation orientation_of(const Affine& affine);

/// "RAS", "PSR" …: where each voxel axis grows to (nibabel's aff2axcodes); '?' where there is no direction.
std::string axis_codes(const Affine& affine);

/// The grid that to_canonical gives, known without voxels; `changed` is false where it leaves the image as it is.
struct CanonicalGrid {
    Shape shape;
    std::vector<Axis> axes;
    Geometry geometry;
    bool changed = false;
};
CanonicalGrid canonical_grid(const Shape& shape, const std::vector<Axis>& axes, const Geometry& geometry);

/// An image whose voxel axes run to the right, front and top, as nearly as flips and transpositions allow.
struct Oriented {
    Volume voxels;
    Geometry geometry;
};

/// Flips and transposes x, y, z (further axes ride along); no voxel value changes. World positions stay: the new affine
/// times the new index is the old affine times the old one. Without an affine, or with one that lacks a direction, the
/// image comes back as it is. A 2D image gets a z axis of length 1 if it would otherwise lose one.
/// Cost: one pass, tiled so that transpositions stay in the cache; memory: one more image.
Oriented to_canonical(const Volume& voxels, const Geometry& geometry);

}  // namespace cohort::grid
