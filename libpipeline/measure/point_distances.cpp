#include "measure/point_distances.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/parallel.h"

namespace cohort::measure {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t block = 8;  // columns gathered together: a cache line of doubles

/// (i·spacing)² for every index difference, so that each product is rounded once and alike everywhere.
std::vector<double> squares(std::int64_t count, double spacing) {
    std::vector<double> table(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double length = static_cast<double>(i) * spacing;
        table[i] = length * length;
    }
    return table;
}

/// Squared distance to the nearest feature of the same row; false when the row has none.
bool row_distances(const std::uint8_t* row, std::int64_t n, const std::vector<double>& square, double* out) {
    std::int64_t last = -1;
    for (std::int64_t x = 0; x < n; ++x) {
        if (row[x] != 0) last = x;
        out[x] = last < 0 ? infinity : square[static_cast<std::size_t>(x - last)];
    }
    if (last < 0) return false;
    for (std::int64_t x = n - 1; x >= 0; --x) {
        if (row[x] != 0) last = x;
        if (last > x) out[x] = std::min(out[x], square[static_cast<std::size_t>(last - x)]);
    }
    return true;
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

/// One slice: distances within it, in place; false when it has no feature.
bool slice_distances(const std::uint8_t* features, std::int64_t nx, std::int64_t ny,
                     const std::vector<double>& square_x, const std::vector<double>& square_y, double spacing_y,
                     double* out) {
    std::vector<std::int64_t> rows;
    for (std::int64_t y = 0; y < ny; ++y)
        if (row_distances(features + y * nx, nx, square_x, out + y * nx)) rows.push_back(y);
    if (rows.empty()) return false;
    Envelope envelope;
    std::vector<double> columns(static_cast<std::size_t>(block * ny));
    for (std::int64_t x0 = 0; x0 < nx; x0 += block) {
        const std::int64_t width = std::min(block, nx - x0);
        for (const std::int64_t y : rows)
            for (std::int64_t c = 0; c < width; ++c)
                columns[static_cast<std::size_t>(c * ny + y)] = out[y * nx + x0 + c];
        for (std::int64_t c = 0; c < width; ++c) {
            const double* height = columns.data() + c * ny;
            envelope.build(rows, height, spacing_y * spacing_y);
            std::size_t piece = 0;
            for (std::int64_t y = 0; y < ny; ++y) {
                while (piece + 1 < envelope.apex.size() && envelope.start[piece + 1] < static_cast<double>(y)) ++piece;
                const std::int64_t j = envelope.apex[piece];
                out[y * nx + x0 + c] = height[j] + square_y[static_cast<std::size_t>(std::abs(y - j))];
            }
        }
    }
    return true;
}

/// Along z, nearest slices first, until no slice can be nearer than what was found.
double nearest_along_z(const double* column, std::int64_t z, std::int64_t nz, std::int64_t stride,
                       const std::vector<std::uint8_t>& has_feature, const std::vector<double>& square_z) {
    double best = has_feature[static_cast<std::size_t>(z)] != 0 ? column[z * stride] : infinity;
    for (std::int64_t k = 1; k < nz; ++k) {
        const double gap = square_z[static_cast<std::size_t>(k)];
        if (gap >= best) break;
        const std::int64_t below = z - k, above = z + k;
        if (below < 0 && above >= nz) break;
        if (below >= 0 && has_feature[static_cast<std::size_t>(below)] != 0)
            best = std::min(best, column[below * stride] + gap);
        if (above < nz && has_feature[static_cast<std::size_t>(above)] != 0)
            best = std::min(best, column[above * stride] + gap);
    }
    return best;
}

}  // namespace

std::vector<double> point_distances(const Mask& from, const Mask& to, const Vec3& spacing_mm, unsigned threads) {
    assert(from.shape == to.shape);
    const auto [nx, ny, nz] = to.shape;
    const std::int64_t slice = nx * ny;
    const auto square_x = squares(nx, spacing_mm[0]), square_y = squares(ny, spacing_mm[1]);
    const auto square_z = squares(nz, spacing_mm[2]);
    std::vector<double> planes(to.voxels.size());
    std::vector<std::uint8_t> has_feature(static_cast<std::size_t>(nz), 0);
    std::vector<std::size_t> queries_before(static_cast<std::size_t>(nz) + 1, 0);
    parallel_for(static_cast<std::size_t>(nz), threads, [&](std::size_t z) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(z) * slice;
        const auto* queries = from.voxels.data() + at;
        queries_before[z + 1] = static_cast<std::size_t>(slice - std::count(queries, queries + slice, std::uint8_t{0}));
        if (slice_distances(to.voxels.data() + at, nx, ny, square_x, square_y, spacing_mm[1], planes.data() + at))
            has_feature[z] = 1;
    });
    for (std::size_t z = 0; z < static_cast<std::size_t>(nz); ++z) queries_before[z + 1] += queries_before[z];
    std::vector<double> distances(queries_before.back());
    parallel_for(static_cast<std::size_t>(nz), threads, [&](std::size_t z) {
        std::size_t next = queries_before[z];
        const std::uint8_t* queries = from.voxels.data() + static_cast<std::ptrdiff_t>(z) * slice;
        for (std::int64_t i = 0; i < slice; ++i)
            if (queries[i] != 0)
                distances[next++] = std::sqrt(
                    nearest_along_z(planes.data() + i, static_cast<std::int64_t>(z), nz, slice, has_feature, square_z));
    });
    return distances;
}

}  // namespace cohort::measure
