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
        const double step = spacing_mm[a] / old[a];
        // What differs by rounding in a header's float is the same spacing.
        if (shape[a] == 1 || spacing_mm[a] == 0 || std::abs(step - 1) < 1e-6) continue;
        map.to = std::max<std::int64_t>(1, std::llround(static_cast<double>(shape[a]) / step));
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
        maps[a] = {from[a], to[a], 0, to[a] > 1 ? static_cast<double>(from[a] - 1) / static_cast<double>(to[a] - 1) : 0.0};
    return maps;
}

std::array<std::int64_t, 3> leading_extents(const Volume& volume) {
    constexpr std::array<std::string_view, 3> names{"x", "y", "z"};
    std::array<std::int64_t, 3> extents{1, 1, 1};
    std::size_t leading = 0;
    while (leading < 3 && leading < volume.axes().size() && volume.axes()[leading].name == names[leading]) {
        extents[leading] = volume.shape()[leading];
        ++leading;
    }
    for (std::size_t a = leading; a < volume.axes().size(); ++a)
        for (const auto name : names)
            if (volume.axes()[a].name == name)
                throw Error(Exit::bad_input, "the axis " + std::string(name) + " comes after another one; only images whose "
                                             "first axes are x, y, z can be resampled.");
    return extents;
}

}  // namespace cohort::grid
