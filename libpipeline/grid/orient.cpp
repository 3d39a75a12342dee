#include "grid/orient.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace cohort::grid {

namespace {

using Matrix = std::array<Vec3, 3>;  // columns

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// a ← c·a − s·b, b ← s·a + c·b.
void rotate(Vec3& a, Vec3& b, double c, double s) {
    for (std::size_t i = 0; i < 3; ++i) {
        const double first = a[i];
        a[i] = c * first - s * b[i];
        b[i] = s * first + c * b[i];
    }
}

/// The nearest rotation (or reflection) to `columns`: U·Vᵀ of the singular value decomposition U·S·Vᵀ, by one-sided
/// Jacobi rotations (Hestenes, 1958). Directions with singular values ≤ 3 ε × largest are dropped, as nibabel does.
Matrix polar_factor(Matrix columns) {
    Matrix v{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    constexpr double epsilon = std::numeric_limits<double>::epsilon();
    for (int sweep = 0; sweep < 60; ++sweep) {
        bool rotated = false;
        for (std::size_t p = 0; p < 2; ++p)
            for (std::size_t q = p + 1; q < 3; ++q) {
                const double alpha = dot(columns[p], columns[p]), beta = dot(columns[q], columns[q]),
                             gamma = dot(columns[p], columns[q]);
                if (std::abs(gamma) <= epsilon * std::sqrt(alpha * beta) || gamma == 0) continue;
                rotated = true;
                const double zeta = (beta - alpha) / (2 * gamma);
                const double t = (zeta >= 0 ? 1 : -1) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
                const double c = 1 / std::sqrt(1 + t * t), s = c * t;
                rotate(columns[p], columns[q], c, s);
                rotate(v[p], v[q], c, s);
            }
        if (!rotated) break;
    }
    Vec3 singular{};
    for (std::size_t i = 0; i < 3; ++i) singular[i] = std::sqrt(dot(columns[i], columns[i]));
    const double least = *std::max_element(singular.begin(), singular.end()) * 3 * epsilon;
    Matrix nearest{};
    for (std::size_t k = 0; k < 3; ++k) {
        if (singular[k] <= least) continue;
        for (std::size_t column = 0; column < 3; ++column)
            for (std::size_t row = 0; row < 3; ++row)
                nearest[column][row] += columns[k][row] / singular[k] * v[k][column];
    }
    return nearest;
}

/// Where the voxels of the new grid come from: start in the old array and steps along the new x, y, z, in voxels.
struct Walk {
    std::int64_t start = 0;
    std::array<std::int64_t, 3> step{}, extent{};
};

template <std::size_t bytes>
void gather(const std::byte* from, std::byte* to, const Walk& walk) {
    constexpr std::int64_t tile = 32;
    const auto [nx, ny, nz] = walk.extent;
    for (std::int64_t z = 0; z < nz; ++z)
        for (std::int64_t y0 = 0; y0 < ny; y0 += tile)
            for (std::int64_t x0 = 0; x0 < nx; x0 += tile)
                for (std::int64_t y = y0; y < std::min(y0 + tile, ny); ++y)
                    for (std::int64_t x = x0; x < std::min(x0 + tile, nx); ++x) {
                        const std::int64_t source = walk.start + x * walk.step[0] + y * walk.step[1] + z * walk.step[2];
                        std::memcpy(to + ((z * ny + y) * nx + x) * static_cast<std::int64_t>(bytes),
                                    from + source * static_cast<std::int64_t>(bytes), bytes);
                    }
}

void gather(std::size_t bytes, const std::byte* from, std::byte* to, const Walk& walk) {
    switch (bytes) {
        case 1:
            return gather<1>(from, to, walk);
        case 2:
            return gather<2>(from, to, walk);
        case 4:
            return gather<4>(from, to, walk);
        case 8:
            return gather<8>(from, to, walk);
        default:
            return gather<16>(from, to, walk);
    }
}

}  // namespace

Orientation orientation_of(const Affine& affine) {
    Matrix columns{};
    for (std::size_t i = 0; i < 3; ++i) {
        columns[i] = affine.column(i);
        const double length = std::sqrt(dot(columns[i], columns[i]));
        if (length > 0)
            for (double& part : columns[i]) part /= length;
    }
    Matrix nearest = polar_factor(columns);
    Orientation orientation;
    for (std::size_t i = 0; i < 3; ++i) {
        // As numpy.allclose(column, 0): nothing left of this axis.
        const auto& column = nearest[i];
        if (std::all_of(column.begin(), column.end(), [](double part) { return std::abs(part) <= 1e-8; })) continue;
        std::size_t world = 0;
        for (std::size_t row = 1; row < 3; ++row)
            if (std::abs(column[row]) > std::abs(column[world])) world = row;
        orientation[i] = AxisDirection{world, column[world] < 0 ? -1 : 1};
        for (auto& other : nearest) other[world] = 0;
    }
    return orientation;
}

std::string axis_codes(const Affine& affine) {
    static constexpr std::array<std::string_view, 3> letters{"LR", "PA", "IS"};
    std::string codes;
    for (const auto& axis : orientation_of(affine)) codes += axis ? letters[axis->world][axis->sign > 0 ? 1 : 0] : '?';
    return codes;
}

namespace {

/// How to_canonical walks through an image; nothing where the image stays as it is.
struct Turn {
    CanonicalGrid grid;
    Walk walk;
};

/// Where each voxel axis goes; nothing when there is no way to tell, or nothing to do.
std::optional<std::array<AxisDirection, 3>> directions_of(const Geometry& geometry) {
    if (!geometry.affine || !std::isfinite(geometry.affine->determinant())) return std::nullopt;
    const auto orientation = orientation_of(*geometry.affine);
    std::array<AxisDirection, 3> directions;
    bool identity = true;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (!orientation[axis]) return std::nullopt;
        directions[axis] = *orientation[axis];
        identity = identity && directions[axis] == AxisDirection{axis, 1};
    }
    return identity ? std::nullopt : std::optional(directions);
}

std::size_t leading_spatial(const std::vector<Axis>& axes) {
    std::size_t count = 0;
    while (count < std::min<std::size_t>(3, axes.size()) &&
           axes[count].name == std::string_view("xyz").substr(count, 1))
        ++count;
    return count;
}

std::optional<Turn> turn_of(const Shape& old_shape, const std::vector<Axis>& axes, const Geometry& geometry) {
    const auto directions = directions_of(geometry);
    const auto spatial = leading_spatial(axes);
    if (!directions || spatial == 0) return std::nullopt;
    std::array<std::int64_t, 3> extent{1, 1, 1};
    std::copy_n(old_shape.begin(), spatial, extent.begin());
    const std::array<std::int64_t, 3> stride{1, extent[0], extent[0] * extent[1]};

    Turn turn;
    auto& [grid, walk] = turn;
    Affine back;  // new index → old index
    for (auto& row : back.m) row = {0, 0, 0, 0};
    for (std::size_t old_axis = 0; old_axis < 3; ++old_axis) {
        const auto [world, sign] = (*directions)[old_axis];
        walk.extent[world] = extent[old_axis];
        walk.step[world] = sign * stride[old_axis];
        if (sign < 0) walk.start += (extent[old_axis] - 1) * stride[old_axis];
        back.m[old_axis][world] = sign;
        back.m[old_axis][3] = sign < 0 ? static_cast<double>(extent[old_axis] - 1) : 0;
    }
    // Leading axes that the image has, and z beyond them only if it is needed now.
    std::size_t kept = spatial;
    for (std::size_t i = spatial; i < 3; ++i)
        if (walk.extent[i] > 1) kept = i + 1;
    const auto behind = [&](const auto& list) { return list.begin() + static_cast<std::ptrdiff_t>(spatial); };
    grid.shape.assign(walk.extent.begin(), walk.extent.begin() + static_cast<std::ptrdiff_t>(kept));
    grid.axes = axes_named(std::string_view("xyz").substr(0, kept));
    grid.shape.insert(grid.shape.end(), behind(old_shape), old_shape.end());
    grid.axes.insert(grid.axes.end(), behind(axes), axes.end());
    if (grid.axes.size() > most_axes) return std::nullopt;
    grid.geometry = geometry;
    grid.geometry.affine = *geometry.affine * back;
    grid.changed = true;
    return turn;
}

}  // namespace

CanonicalGrid canonical_grid(const Shape& shape, const std::vector<Axis>& axes, const Geometry& geometry) {
    auto turn = turn_of(shape, axes, geometry);
    return turn ? std::move(turn->grid) : CanonicalGrid{shape, axes, geometry, false};
}

Oriented to_canonical(const Volume& voxels, const Geometry& geometry) {
    auto turn = turn_of(voxels.shape(), voxels.axes(), geometry);
    if (!turn) return {voxels.clone(), geometry};
    Oriented oriented{Volume(voxels.type(), std::move(turn->grid.shape), std::move(turn->grid.axes)),
                      turn->grid.geometry};
    const auto& walk = turn->walk;
    const std::size_t bytes = size_of(voxels.type());
    const auto block = static_cast<std::size_t>(walk.extent[0] * walk.extent[1] * walk.extent[2]) * bytes;
    const auto from = voxels.bytes();
    for (std::size_t at = 0; at < from.size(); at += block)
        gather(bytes, from.data() + at, oriented.voxels.bytes().data() + at, walk);
    return oriented;
}

}  // namespace cohort::grid
