// The labels of one case as integers on their grid: what every segmentation measure starts from.
#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "core/geometry.h"
#include "core/quarantine.h"
#include "core/volume.h"

namespace cohort::measure {

using Extent3 = std::array<std::int64_t, 3>;

/// Labels after scale, x fastest. `dimensions` is 2 where the array has no z axis: then neighbours, borders and areas
/// are those of a plane. An array with a z axis of length 1 stays three-dimensional.
struct LabelMap {
    Extent3 shape{1, 1, 1};
    int dimensions = 3;
    Vec3 spacing_mm{1, 1, 1};
    std::vector<std::int32_t> values;
};

/// Labels of `volume`. Quarantined: `label-not-integer` (a fraction, NaN or infinity after scaling),
/// `unsupported` (an axis beyond x, y, z of more than one entry, complex voxels, a value beyond 32 bits).
std::variant<LabelMap, Quarantined> label_map(const Volume& volume, const Scale& scale, const Geometry& geometry);

}  // namespace cohort::measure
