#include "measure/surfels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "measure/compat/surfel_normals.h"
#include "measure/point_distances.h"

namespace cohort::measure {
namespace {

std::vector<double> areas_3d(const Vec3& s) {
    std::vector<double> areas(256, 0.0);
    for (std::size_t code = 0; code < 256; ++code)
        for (const auto& n : compat::surfel_normals(code))
            areas[code] += std::hypot(n[0] * s[1] * s[2], n[1] * s[0] * s[2], n[2] * s[0] * s[1]);
    return areas;
}

std::vector<double> areas_2d(const Vec3& s) {
    std::vector<double> areas(16, 0.0);
    const double diagonal = std::hypot(s[0], s[1]);
    for (unsigned code = 1; code < 15; ++code) {
        if (std::popcount(code) != 2)
            areas[code] = diagonal / 2;
        else if (code == 0b1100 || code == 0b0011)
            areas[code] = s[1];  // equal x: the edge between runs along y
        else if (code == 0b1010 || code == 0b0101)
            areas[code] = s[0];
        else
            areas[code] = diagonal;
    }
    return areas;
}

/// Codes of all blocks; the block at index i has voxel i as its upper corner (offset 1 along every axis).
std::vector<std::uint8_t> block_codes(const Mask& mask) {
    const auto [nx, ny, nz] = mask.shape;
    std::vector<std::uint8_t> codes(mask.voxels.size(), 0);
    const int reach_z = mask.dimensions == 3 ? 1 : 0;
    for (std::int64_t z = reach_z; z < nz; ++z)
        for (std::int64_t y = 1; y < ny; ++y)
            for (std::int64_t x = 1; x < nx; ++x) {
                unsigned code = 0;
                for (int dx = -1; dx <= 0; ++dx)
                    for (int dy = -1; dy <= 0; ++dy)
                        for (int dz = -reach_z; dz <= 0; ++dz)
                            code = code << 1 |
                                   mask.voxels[static_cast<std::size_t>(((z + dz) * ny + y + dy) * nx + x + dx)];
                codes[static_cast<std::size_t>((z * ny + y) * nx + x)] = static_cast<std::uint8_t>(code);
            }
    return codes;
}

struct Lattice {
    Mask points;
    std::vector<std::uint8_t> codes;
};

Lattice lattice_of(const Mask& mask) {
    Lattice lattice{mask, block_codes(mask)};
    const unsigned full = mask.dimensions == 3 ? 255 : 15;
    std::transform(lattice.codes.begin(), lattice.codes.end(), lattice.points.voxels.begin(),
                   [full](std::uint8_t code) { return static_cast<std::uint8_t>(code != 0 && code != full); });
    return lattice;
}

std::vector<Surfel> directed(const Lattice& from, const Lattice& to, const Vec3& spacing,
                             const std::vector<double>& areas, unsigned threads) {
    const auto distances = point_distances(from.points, to.points, spacing, threads);
    std::vector<Surfel> surfels;
    surfels.reserve(distances.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < from.codes.size(); ++i)
        if (from.points.voxels[i] != 0) surfels.push_back({distances[next++], areas[from.codes[i]]});
    std::sort(surfels.begin(), surfels.end(), [](const Surfel& a, const Surfel& b) {
        return a.distance_mm != b.distance_mm ? a.distance_mm < b.distance_mm : a.area < b.area;
    });
    return surfels;
}

}  // namespace

std::vector<double> surfel_areas(int dimensions, const Vec3& spacing_mm) {
    return dimensions == 3 ? areas_3d(spacing_mm) : areas_2d(spacing_mm);
}

SurfelDistances surfel_distances(const CasePair& pair, const Target& target, unsigned threads) {
    const Lattice ref = lattice_of(mask_of(pair, target, Side::reference));
    const Lattice pred = lattice_of(mask_of(pair, target, Side::prediction));
    const Vec3& spacing = pair.reference().spacing_mm;
    const auto areas = surfel_areas(pair.reference().dimensions, spacing);
    return {directed(ref, pred, spacing, areas, threads), directed(pred, ref, spacing, areas, threads)};
}

}  // namespace cohort::measure
