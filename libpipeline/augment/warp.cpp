#include "augment/warp.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace cohort::augment {
namespace {

std::int64_t voxels(const Extent& e) { return e[0] * e[1] * e[2]; }

/// Where the voxels of one row fall: index of the lower neighbour in the box and the weights of the upper ones.
struct Row {
    explicit Row(std::size_t n) : x(n), y(n), z(n), wx(n), wy(n), wz(n), inside(n), at(n) {}
    std::vector<float> x, y, z;           // source coordinates
    std::vector<float> wx, wy, wz;        // 0 … 1
    std::vector<float> inside;            // 1, or 0 where the box ends
    std::vector<std::int32_t> at;         // of the lower corner; 0 where outside
};

__attribute__((target_clones("avx512f", "avx2", "default")))
void place_row(Row& row, std::int32_t nx, std::int32_t ny, std::int32_t nz) {
    const auto n = row.x.size();
    const auto* x = row.x.data();
    const auto* y = row.y.data();
    const auto* z = row.z.data();
    const auto last_x = static_cast<float>(nx - 1), last_y = static_cast<float>(ny - 1), last_z = static_cast<float>(nz - 1);
    for (std::size_t i = 0; i < n; ++i) {
        const bool in = x[i] >= 0 && y[i] >= 0 && z[i] >= 0 && x[i] < last_x && y[i] < last_y && z[i] < last_z;
        const auto ix = static_cast<std::int32_t>(in ? x[i] : 0.0f);  // not negative: truncation is floor
        const auto iy = static_cast<std::int32_t>(in ? y[i] : 0.0f);
        const auto iz = static_cast<std::int32_t>(in ? z[i] : 0.0f);
        row.wx[i] = x[i] - static_cast<float>(ix);
        row.wy[i] = y[i] - static_cast<float>(iy);
        row.wz[i] = z[i] - static_cast<float>(iz);
        row.inside[i] = in ? 1.0f : 0.0f;
        row.at[i] = (iz * ny + iy) * nx + ix;
    }
}

__attribute__((target_clones("avx512f", "avx2", "default")))
void blend_row(const Row& row, const float* source, std::int32_t nx, std::int32_t nxy, float* out) {
    const auto n = row.at.size();
    const auto* at = row.at.data();
    const auto* wx = row.wx.data();
    const auto* wy = row.wy.data();
    const auto* wz = row.wz.data();
    const auto* inside = row.inside.data();
    for (std::size_t i = 0; i < n; ++i) {
        const auto* p = source + at[i];
        const auto x00 = p[0] + wx[i] * (p[1] - p[0]);
        const auto x10 = p[nx] + wx[i] * (p[nx + 1] - p[nx]);
        const auto x01 = p[nxy] + wx[i] * (p[nxy + 1] - p[nxy]);
        const auto x11 = p[nxy + nx] + wx[i] * (p[nxy + nx + 1] - p[nxy + nx]);
        const auto y0 = x00 + wy[i] * (x10 - x00);
        const auto y1 = x01 + wy[i] * (x11 - x01);
        // The product with 0 would keep a NaN that the weights of an outside voxel may have made: select instead.
        out[i] = inside[i] != 0 ? y0 + wz[i] * (y1 - y0) : 0.0f;
    }
}

/// The class with the largest share of the eight neighbours.
std::uint16_t vote(const std::array<std::uint16_t, 8>& labels, float wx, float wy, float wz) {
    std::array<float, 8> weight{};
    for (std::size_t k = 0; k < 8; ++k)
        weight[k] = (k & 1 ? wx : 1 - wx) * (k & 2 ? wy : 1 - wy) * (k & 4 ? wz : 1 - wz);
    std::uint16_t best = 0;
    float best_share = -1;
    for (std::size_t k = 0; k < 8; ++k) {
        float share = 0;
        for (std::size_t j = 0; j < 8; ++j)
            if (labels[j] == labels[k]) share += weight[j];
        if (share > best_share || (share == best_share && labels[k] < best)) best = labels[k], best_share = share;
    }
    return best;
}

void vote_row(const Row& row, const std::uint16_t* source, std::int32_t nx, std::int32_t nxy, std::uint16_t outside,
              std::uint16_t* out) {
    for (std::size_t i = 0; i < row.at.size(); ++i) {
        if (row.inside[i] == 0) {
            out[i] = outside;
            continue;
        }
        const auto* p = source + row.at[i];
        const std::array<std::uint16_t, 8> l{p[0],   p[1],       p[nx],       p[nx + 1],
                                             p[nxy], p[nxy + 1], p[nxy + nx], p[nxy + nx + 1]};
        const auto differs = (l[0] ^ l[1]) | (l[0] ^ l[2]) | (l[0] ^ l[3]) | (l[0] ^ l[4]) | (l[0] ^ l[5]) |
                             (l[0] ^ l[6]) | (l[0] ^ l[7]);
        out[i] = differs == 0 ? l[0] : vote(l, row.wx[i], row.wy[i], row.wz[i]);
    }
}

}  // namespace

SourceBox source_box(const SpatialMap& map, const Extent& extent, const Extent& source) {
    SourceBox box;
    const auto slack = map.elastic ? map.elastic->bound() : 0.0;
    for (std::size_t row = 0; row < 3; ++row) {
        double reach = slack;
        for (std::size_t column = 0; column < 3; ++column)
            reach += std::abs(map.matrix[row][column]) * static_cast<double>(extent[column] - 1) / 2;
        // Clamped as numbers first: a wild matrix must not overflow an index.
        const auto limit = static_cast<double>(source[row]) + 1;
        const auto low = std::floor(std::clamp(map.centre[row] - reach, -1.0, limit)) - 1;
        const auto high = std::floor(std::clamp(map.centre[row] + reach, -1.0, limit)) + 2;
        box.origin[row] = std::max<std::int64_t>(static_cast<std::int64_t>(low), -1);
        const auto end = std::min<std::int64_t>(static_cast<std::int64_t>(high) + 1, source[row] + 1);
        box.extent[row] = std::max<std::int64_t>(end - box.origin[row], 2);
    }
    return box;
}

void warp_patch(const SpatialMap& map, const SourceBox& box, std::span<const float> image, std::span<const std::uint16_t> labels,
                std::uint16_t outside, const Extent& extent, std::span<float> image_out, std::span<std::uint16_t> labels_out) {
    const auto source_voxels = static_cast<std::size_t>(voxels(box.extent)), patch_voxels = static_cast<std::size_t>(voxels(extent));
    const auto channels = image.size() / source_voxels;
    assert(voxels(box.extent) < (std::int64_t{1} << 31) && image_out.size() == channels * patch_voxels);
    const auto nx = static_cast<std::int32_t>(box.extent[0]), ny = static_cast<std::int32_t>(box.extent[1]),
               nz = static_cast<std::int32_t>(box.extent[2]);
    Row row(static_cast<std::size_t>(extent[0]));
    for (std::int64_t z = 0; z < extent[2]; ++z)
        for (std::int64_t y = 0; y < extent[1]; ++y) {
            const std::array<double, 3> from_middle{-static_cast<double>(extent[0] - 1) / 2,
                                                    static_cast<double>(y) - static_cast<double>(extent[1] - 1) / 2,
                                                    static_cast<double>(z) - static_cast<double>(extent[2] - 1) / 2};
            for (std::size_t axis = 0; axis < 3; ++axis) {
                double first = map.centre[axis] - static_cast<double>(box.origin[axis]);
                for (std::size_t column = 0; column < 3; ++column) first += map.matrix[axis][column] * from_middle[column];
                auto& line = axis == 0 ? row.x : axis == 1 ? row.y : row.z;
                const auto begin = static_cast<float>(first), step = static_cast<float>(map.matrix[axis][0]);
                for (std::size_t x = 0; x < line.size(); ++x) line[x] = begin + static_cast<float>(x) * step;
            }
            if (map.elastic) map.elastic->add_row(y, z, row.x, row.y, row.z);
            place_row(row, nx, ny, nz);
            const auto to = static_cast<std::size_t>((z * extent[1] + y) * extent[0]);
            for (std::size_t c = 0; c < channels; ++c)
                blend_row(row, image.data() + c * source_voxels, nx, nx * ny, image_out.data() + c * patch_voxels + to);
            if (!labels_out.empty()) vote_row(row, labels.data(), nx, nx * ny, outside, labels_out.data() + to);
        }
}

}  // namespace cohort::augment
