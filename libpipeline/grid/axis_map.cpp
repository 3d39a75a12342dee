#include "grid/axis_map.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"

namespace cohort::grid {

SpacingGrid grid_at_spacing(const std::array<std::int64_t, 3>& shape, const Geometry& from, const Vec3& spacing_mm) {
    SpacingGrid out;
    out.geometry = from;
    const auto old = from.spacing_mm();
    Vec3 ratio{1, 1, 1}, start{0, 0, 0};
    for (std::size_t a = 0; a < 3; ++a) {
        auto& map = out.maps[a];
        map.from = map.to = shape[a];
        if (shape[a] == 1 || spacing_mm[a] == 0) continue;
        const double step = spacing_mm[a] / old[a];
        // What differs by rounding in a header's float is the same spacing.
        if (std::abs(step - 1) < 1e-6) continue;
        const double wanted = static_cast<double>(shape[a]) / step;
        // Compared as doubles: what is too large fits no integer, and NaN is not smaller either.
        if (!(wanted < static_cast<double>(most_voxels_along_axis)))
            throw Error(Exit::bad_input, "at a spacing of " + shortest(spacing_mm[a]) + " mm an axis of " +
                                             std::to_string(shape[a]) + " voxels would get more than " +
                                             std::to_string(most_voxels_along_axis) + ".");
        map.to = std::max<std::int64_t>(1, std::llround(wanted));
        map.step = ratio[a] = step;
        map.start = start[a] = (static_cast<double>(map.from - 1) - static_cast<double>(map.to - 1) * step) / 2;
    }
    if (from.affine) {
        const auto origin = from.affine->apply(start);
        for (std::size_t row = 0; row < 3; ++row) {
            for (std::size_t a = 0; a < 3; ++a) out.geometry.affine->m[row][a] *= ratio[a];
            out.geometry.affine->m[row][3] = origin[row];
        }
    } else if (from.raster_spacing_mm) {
        for (std::size_t a = 0; a < 3; ++a) (*out.geometry.raster_spacing_mm)[a] *= ratio[a];
    }
    return out;
}

AxisMaps corner_maps(const std::array<std::int64_t, 3>& from, const std::array<std::int64_t, 3>& to) {
    AxisMaps maps;
    for (std::size_t a = 0; a < 3; ++a)
        maps[a] = {from[a], to[a], 0,
                   to[a] > 1 ? static_cast<double>(from[a] - 1) / static_cast<double>(to[a] - 1) : 0.0};
    return maps;
}

std::array<std::int64_t, 3> leading_extents(const Shape& shape, const std::vector<Axis>& axes) {
    constexpr std::array<std::string_view, 3> names{"x", "y", "z"};
    std::array<std::int64_t, 3> extents{1, 1, 1};
    std::size_t leading = 0;
    while (leading < 3 && leading < axes.size() && axes[leading].name == names[leading]) {
        extents[leading] = shape[leading];
        ++leading;
    }
    for (std::size_t a = leading; a < axes.size(); ++a)
        for (const auto name : names)
            if (axes[a].name == name)
                throw Error(Exit::bad_input, "the axis " + std::string(name) +
                                                 " comes after another one; only images whose "
                                                 "first axes are x, y, z can be resampled.");
    return extents;
}

}  // namespace cohort::grid
