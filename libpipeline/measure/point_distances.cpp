#include "measure/point_distances.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>

#include "core/parallel.h"

namespace cohort::measure {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t block = 8;  // columns gathered together: a cache line of doubles
constexpr std::int32_t nowhere = std::numeric_limits<std::int32_t>::max();

/// (i·spacing)² for every index difference, so that each product is rounded once and alike everywhere.
std::vector<double> squares(std::int64_t count, double spacing) {
    std::vector<double> table(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double length = static_cast<double>(i) * spacing;
        table[i] = length * length;
    }
    return table;
}

/// Steps to the nearest feature of the same row; false (and nothing written) when the row has none.
bool row_steps(const std::uint8_t* row, std::int64_t n, std::int32_t* out) {
    if (std::find(row, row + n, std::uint8_t{1}) == row + n) return false;
    std::int32_t steps = nowhere - 1;
    for (std::int64_t x = 0; x < n; ++x) out[x] = steps = row[x] != 0 ? 0 : std::min(steps + 1, nowhere - 1);
    for (std::int64_t x = n - 2; x >= 0; --x) out[x] = std::min(out[x], out[x + 1] + 1);
    return true;
}

/// What both ways of searching look at.
struct Rows {
    std::int64_t nx, ny, nz;
    std::vector<double> square_x, square_y, square_z;
    double spacing_y;
    std::unique_ptr<std::int32_t[]> steps;  ///< per voxel, only in rows that have a feature
    std::vector<std::uint8_t> row_has, slice_has;

    Rows(const Mask& to, const Vec3& spacing, unsigned threads)
        : nx(to.shape[0]),
          ny(to.shape[1]),
          nz(to.shape[2]),
          square_x(squares(nx, spacing[0])),
          square_y(squares(ny, spacing[1])),
          square_z(squares(nz, spacing[2])),
          spacing_y(spacing[1]),
          steps(std::make_unique_for_overwrite<std::int32_t[]>(to.voxels.size())),
          row_has(static_cast<std::size_t>(ny * nz), 0),
          slice_has(static_cast<std::size_t>(nz), 0) {
        parallel_for(static_cast<std::size_t>(nz), threads, [&](std::size_t z) {
            for (std::int64_t y = 0; y < ny; ++y) {
                const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(z) * ny + y;
                if (!row_steps(to.voxels.data() + row * nx, nx, steps.get() + row * nx)) continue;
                row_has[static_cast<std::size_t>(row)] = 1;
                slice_has[z] = 1;
            }
        });
    }
    double within_row(std::int64_t row, std::int64_t x) const {
        return square_x[static_cast<std::size_t>(steps[static_cast<std::size_t>(row * nx + x)])];
    }
};

/// A row relative to a query's own, and how far away it is.
struct Offset {
    std::int64_t dy, dz;
    double square_y, square_z;
};

/// The nearest rows first (ties in a fixed order), as many as a query may look at.
std::vector<Offset> nearest_rows(const Rows& rows) {
    // k rows of area s_y·s_z each fill a disc of this radius; a box around it, with some room, has them all.
    const double s_y = std::sqrt(rows.square_y.size() > 1 ? rows.square_y[1] : 1.0);
    const double s_z = std::sqrt(rows.square_z.size() > 1 ? rows.square_z[1] : 1.0);
    const double radius = 1.2 * std::sqrt(most_rows_looked_at * s_y * s_z / std::numbers::pi);
    const auto reach_y = std::min<std::int64_t>(rows.ny - 1, static_cast<std::int64_t>(radius / s_y) + 1);
    const auto reach_z = std::min<std::int64_t>(rows.nz - 1, static_cast<std::int64_t>(radius / s_z) + 1);
    // Beyond this, a row outside of the box could be nearer.
    double limit = infinity;
    if (reach_y < rows.ny - 1) limit = std::min(limit, rows.square_y[static_cast<std::size_t>(reach_y + 1)]);
    if (reach_z < rows.nz - 1) limit = std::min(limit, rows.square_z[static_cast<std::size_t>(reach_z + 1)]);
    std::vector<Offset> offsets;
    for (std::int64_t dz = -reach_z; dz <= reach_z; ++dz)
        for (std::int64_t dy = -reach_y; dy <= reach_y; ++dy) {
            const Offset offset{dy, dz, rows.square_y[static_cast<std::size_t>(std::abs(dy))],
                                rows.square_z[static_cast<std::size_t>(std::abs(dz))]};
            if (offset.square_y + offset.square_z < limit) offsets.push_back(offset);
        }
    const auto nearer = [](const Offset& a, const Offset& b) {
        const double left = a.square_y + a.square_z, right = b.square_y + b.square_z;
        return left != right ? left < right : a.dz != b.dz ? a.dz < b.dz : a.dy < b.dy;
    };
    const auto count = std::min<std::size_t>(offsets.size(), static_cast<std::size_t>(most_rows_looked_at));
    std::partial_sort(offsets.begin(), offsets.begin() + static_cast<std::ptrdiff_t>(count), offsets.end(), nearer);
    offsets.resize(count);
    return offsets;
}

/// Squared distance; negative when the rows looked at cannot tell.
double look_around(const Rows& rows, const std::vector<Offset>& offsets, bool all_rows, std::int64_t x, std::int64_t y,
                   std::int64_t z) {
    double best = infinity;
    for (const Offset& offset : offsets) {
        if (offset.square_y + offset.square_z >= best) return best;
        const std::int64_t at_y = y + offset.dy, at_z = z + offset.dz;
        if (at_y < 0 || at_y >= rows.ny || at_z < 0 || at_z >= rows.nz) continue;
        const std::int64_t row = at_z * rows.ny + at_y;
        if (rows.row_has[static_cast<std::size_t>(row)] == 0) continue;
        best = std::min(best, rows.within_row(row, x) + offset.square_y + offset.square_z);
    }
    return all_rows ? best : -1;
}

/// Lower envelope of the parabolas over the rows of one slice that have a feature.
struct Envelope {
    std::vector<std::int64_t> apex;
    std::vector<double> start;

    void build(const std::vector<std::int64_t>& rows, const double* height, double spacing2) {
        apex.clear();
        start.clear();
        for (const std::int64_t j : rows) {
            double from = -infinity;
            while (!apex.empty()) {
                const std::int64_t k = apex.back();
                from = ((height[j] - height[k]) / spacing2 + static_cast<double>(j * j - k * k)) /
                       (2.0 * static_cast<double>(j - k));
                if (from > start.back()) break;
                apex.pop_back();
                start.pop_back();
                from = -infinity;
            }
            apex.push_back(j);
            start.push_back(from);
        }
    }
};

/// Squared distances within one slice that has a feature.
void slice_distances(const Rows& rows, std::int64_t z, double* out) {
    std::vector<std::int64_t> with_feature;
    for (std::int64_t y = 0; y < rows.ny; ++y)
        if (rows.row_has[static_cast<std::size_t>(z * rows.ny + y)] != 0) with_feature.push_back(y);
    Envelope envelope;
    std::vector<double> columns(static_cast<std::size_t>(block * rows.ny));
    for (std::int64_t x0 = 0; x0 < rows.nx; x0 += block) {
        const std::int64_t width = std::min(block, rows.nx - x0);
        for (const std::int64_t y : with_feature)
            for (std::int64_t c = 0; c < width; ++c)
                columns[static_cast<std::size_t>(c * rows.ny + y)] = rows.within_row(z * rows.ny + y, x0 + c);
        for (std::int64_t c = 0; c < width; ++c) {
            const double* height = columns.data() + c * rows.ny;
            envelope.build(with_feature, height, rows.spacing_y * rows.spacing_y);
            std::size_t piece = 0;
            for (std::int64_t y = 0; y < rows.ny; ++y) {
                while (piece + 1 < envelope.apex.size() && envelope.start[piece + 1] < static_cast<double>(y)) ++piece;
                const std::int64_t j = envelope.apex[piece];
                out[y * rows.nx + x0 + c] = height[j] + rows.square_y[static_cast<std::size_t>(std::abs(y - j))];
            }
        }
    }
}

/// Along z, nearest slices first, until no slice can be nearer than what was found.
double nearest_along_z(const Rows& rows, const double* column, std::int64_t z) {
    const std::int64_t stride = rows.nx * rows.ny;
    const auto has = [&](std::int64_t at) { return rows.slice_has[static_cast<std::size_t>(at)] != 0; };
    double best = has(z) ? column[z * stride] : infinity;
    for (std::int64_t k = 1; k < rows.nz; ++k) {
        const double gap = rows.square_z[static_cast<std::size_t>(k)];
        if (gap >= best) break;
        if (z - k >= 0 && has(z - k)) best = std::min(best, column[(z - k) * stride] + gap);
        if (z + k < rows.nz && has(z + k)) best = std::min(best, column[(z + k) * stride] + gap);
    }
    return best;
}

/// Calls body(place in the result, x, y) for the queries of one slice.
template <class Body>
void for_queries(const Mask& from, std::size_t z, std::size_t first, const Body& body) {
    const std::int64_t nx = from.shape[0], ny = from.shape[1];
    const std::uint8_t* queries = from.voxels.data() + static_cast<std::ptrdiff_t>(z) * nx * ny;
    for (std::int64_t y = 0; y < ny; ++y)
        for (std::int64_t x = 0; x < nx; ++x)
            if (queries[y * nx + x] != 0) body(first++, x, y);
}

}  // namespace

std::vector<double> point_distances(const Mask& from, const Mask& to, const Vec3& spacing_mm, unsigned threads) {
    assert(from.shape == to.shape);
    const Rows rows(to, spacing_mm, threads);
    const auto slices = static_cast<std::size_t>(rows.nz);
    const std::int64_t slice = rows.nx * rows.ny;
    std::vector<std::size_t> first(slices + 1, 0);
    for (std::size_t z = 0; z < slices; ++z) {
        const std::uint8_t* queries = from.voxels.data() + static_cast<std::ptrdiff_t>(z) * slice;
        first[z + 1] =
            first[z] + static_cast<std::size_t>(slice - std::count(queries, queries + slice, std::uint8_t{0}));
    }
    std::vector<double> distances(first.back());
    const auto offsets = nearest_rows(rows);
    const bool all_rows = static_cast<std::int64_t>(offsets.size()) >= (2 * rows.ny - 1) * (2 * rows.nz - 1);
    std::vector<std::uint8_t> waits(slices, 0);
    parallel_for(slices, threads, [&](std::size_t z) {
        for_queries(from, z, first[z], [&](std::size_t place, std::int64_t x, std::int64_t y) {
            distances[place] = look_around(rows, offsets, all_rows, x, y, static_cast<std::int64_t>(z));
            if (distances[place] < 0) waits[z] = 1;
        });
    });
    if (std::find(waits.begin(), waits.end(), 1) != waits.end()) {
        const auto planes = std::make_unique_for_overwrite<double[]>(to.voxels.size());
        parallel_for(slices, threads, [&](std::size_t z) {
            if (rows.slice_has[z] != 0)
                slice_distances(rows, static_cast<std::int64_t>(z),
                                planes.get() + static_cast<std::ptrdiff_t>(z) * slice);
        });
        parallel_for(slices, threads, [&](std::size_t z) {
            if (waits[z] == 0) return;
            for_queries(from, z, first[z], [&](std::size_t place, std::int64_t x, std::int64_t y) {
                if (distances[place] < 0)
                    distances[place] =
                        nearest_along_z(rows, planes.get() + y * rows.nx + x, static_cast<std::int64_t>(z));
            });
        });
    }
    for (double& d : distances) d = std::sqrt(d);
    return distances;
}

}  // namespace cohort::measure
