// The inner loops of the warp: one row of output voxels, image and label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cohort::augment {

/// Where the voxels of one output row fall in a box of the source.
struct Row {
    explicit Row(std::size_t n) : x(n), y(n), z(n), wx(n), wy(n), wz(n), inside(n), at(n), iy(n), iz(n) {}
    std::vector<float> x, y, z;        ///< coordinates in the box, voxels
    std::vector<float> wx, wy, wz;     ///< weights of the upper neighbours, 0 … 1
    std::vector<std::int32_t> inside;  ///< −1, or 0 where the box ends
    std::vector<std::int32_t> at;      ///< of the lower neighbour; some voxel of the box where outside
    std::vector<std::int32_t> iy, iz;  ///< its places along y and z
};

/// A box of source voxels: x fastest, rows nx and planes nx·ny apart.
struct BoxShape {
    std::int32_t nx = 0, ny = 0, nz = 0;
};

/// line[i] = begin + i·step.
void fill_line(std::vector<float>& line, float begin, float step);

/// Fills in weights and places from the coordinates.
void place_row(Row& row, const BoxShape& box);

/// Trilinear interpolation: along z first, then y, then x; 0 outside. Neighbours are read only where they count or lie
/// in the box, whose extents are at least 2.
void blend_row(const Row& row, const float* source, const BoxShape& box, float* out);
/// The same to the bit, plainly: the oracle, and what machines without SSE2 use.
void blend_row_plain(const Row& row, const float* source, const BoxShape& box, float* out);

/// The class with the largest trilinear share of the eight neighbours, ties to the lowest class.
void vote_row(const Row& row, const std::uint16_t* source, const BoxShape& box, std::uint16_t outside,
              std::uint16_t* out);

}  // namespace cohort::augment
