// Where an image lies in the patient: an affine from voxel index to millimetres in RAS+ (NIfTI's world).
#pragma once

#include <array>
#include <optional>

#include "core/json.h"
#include "core/volume.h"

namespace cohort {

using Vec3 = std::array<double, 3>;

/// Three rows of four; the fourth row (0 0 0 1) is implied. world = M·(x, y, z, 1).
struct Affine {
    std::array<std::array<double, 4>, 3> m{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};

    Vec3 apply(const Vec3& index) const;
    Vec3 column(std::size_t axis) const { return {m[0][axis], m[1][axis], m[2][axis]}; }
    double determinant() const;
    bool is_usable() const;  ///< finite, and not singular (volume > 1e-12 of the product of the column lengths)
    std::optional<Affine> inverse() const;
    friend Affine operator*(const Affine& a, const Affine& b);  ///< first b, then a
    friend bool operator==(const Affine&, const Affine&) = default;
};

/// Either an affine, or none: raster images without a world, for which a spacing may still be known.
struct Geometry {
    std::optional<Affine> affine = std::nullopt;
    std::optional<Vec3> raster_spacing_mm = std::nullopt;  ///< only without an affine

    /// Lengths of the affine's columns, else the raster spacing, else 1 mm each.
    Vec3 spacing_mm() const;
    friend bool operator==(const Geometry&, const Geometry&) = default;
};

/// Largest distance in mm between the eight corners of the two grids, each mapped by its own affine; shapes must agree
/// in their first three extents (checked by the caller). Infinite when just one has an affine; 0 when neither has.
double corner_distance_mm(const Geometry& a, const Geometry& b, const Shape& shape);

/// The two lie on one grid: equal spatial_shape (core/spatial_shape.h), corners within .01 of the smallest spacing.
bool same_grid(const Geometry& a, const Shape& shape_a, const Geometry& b, const Shape& shape_b);

/// null | {"affine": [[…4],[…4],[…4]]} | {"spacing": [x, y, z]}; from_json throws Error(bad_input).
Json to_json(const Geometry& geometry);
Geometry geometry_from_json(const Json& json);

}  // namespace cohort
