// How an array is cut into chunks, and which chunks a box of voxels touches.  [cohort_shards]
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/volume.h"

namespace cohort::store {

/// Arrays below this are stored as a single chunk, and are stacked where many have one shape.
inline constexpr std::int64_t small_array_bytes = 64 << 10;

/// Extents of an array's chunks: ceil(n / ceil(n / 32)) along x, y and z, so that edges are hardly padded; 128 instead
/// of 32 along x and y for 2D images and volumes of fewer than 8 slices; 1 along every other axis, or as many as
/// make 64 KiB where a chunk would stay below 8 KiB (time courses of few voxels). Arrays under 64 KiB are one chunk.
Shape chunk_shape(VoxelType type, const Shape& shape, const std::vector<Axis>& axes);

/// Chunks of an array, numbered along the first axis first.
struct ChunkGrid {
    Shape shape, chunk, count;
    std::int64_t voxels = 0;  ///< of one chunk, padding included
    std::int64_t chunks = 0;
};
ChunkGrid chunk_grid(const Shape& shape, const Shape& chunk);

using Indices = std::array<std::int64_t, most_axes>;

/// The part of one chunk that lies in a box: `extent` voxels per axis, from voxel `first` of the chunk and voxel `out`
/// of the box, with steps between neighbours along each axis (both counted in voxels). Unused axes have extent 1.
struct ChunkPart {
    std::int64_t number = 0;  ///< of the chunk in the grid
    Indices extent{}, chunk_step{}, out_step{};
    std::int64_t first = 0, out = 0;
};

/// Calls f(const ChunkPart&) for each chunk that the box touches, in ascending order of numbers.
template <class F>
void for_each_chunk(const ChunkGrid& grid, const std::vector<std::int64_t>& origin,
                    const std::vector<std::int64_t>& extent, F&& f) {
    const std::size_t axes = grid.shape.size();
    Indices low{}, high{}, at{}, number_step{};
    ChunkPart part;
    part.extent.fill(1);
    std::int64_t in_chunk = 1, in_out = 1, in_grid = 1;
    for (std::size_t a = 0; a < axes; ++a) {
        low[a] = at[a] = origin[a] / grid.chunk[a];
        high[a] = (origin[a] + extent[a] - 1) / grid.chunk[a];
        part.chunk_step[a] = in_chunk;
        part.out_step[a] = in_out;
        number_step[a] = in_grid;
        in_chunk *= grid.chunk[a];
        in_out *= extent[a];
        in_grid *= grid.count[a];
    }
    for (;;) {
        part.number = part.first = part.out = 0;
        for (std::size_t a = 0; a < axes; ++a) {
            const std::int64_t begin = std::max(origin[a], at[a] * grid.chunk[a]);
            const std::int64_t end = std::min(origin[a] + extent[a], (at[a] + 1) * grid.chunk[a]);
            part.extent[a] = end - begin;
            part.first += (begin - at[a] * grid.chunk[a]) * part.chunk_step[a];
            part.out += (begin - origin[a]) * part.out_step[a];
            part.number += at[a] * number_step[a];
        }
        f(static_cast<const ChunkPart&>(part));
        std::size_t a = 0;
        for (; a < axes; ++a) {
            if (++at[a] <= high[a]) break;
            at[a] = low[a];
        }
        if (a == axes) return;
    }
}

/// Calls f(voxel of the chunk, voxel of the box) for the first voxel of each slab of the part; a slab has extent[1] rows of
/// extent[0] voxels.
template <class F>
void for_each_slab(const ChunkPart& part, F&& f) {
    Indices at{};
    std::int64_t chunk = part.first, out = part.out;
    for (;;) {
        f(chunk, out);
        std::size_t a = 2;
        for (; a < most_axes; ++a) {
            chunk += part.chunk_step[a];
            out += part.out_step[a];
            if (++at[a] < part.extent[a]) break;
            chunk -= part.extent[a] * part.chunk_step[a];
            out -= part.extent[a] * part.out_step[a];
            at[a] = 0;
        }
        if (a == most_axes) return;
    }
}

/// The same for the first voxel of each row; a row has extent[0] voxels.
template <class F>
void for_each_row(const ChunkPart& part, F&& f) {
    for_each_slab(part, [&](std::int64_t chunk, std::int64_t out) {
        for (std::int64_t y = 0; y < part.extent[1]; ++y) f(chunk + y * part.chunk_step[1], out + y * part.out_step[1]);
    });
}

/// Copies chunk `number` of the volume to `chunk` (voxels × size of the type). What lies beyond the array's edge is
/// filled with the chunk's first voxel, so that padding costs no range and no entropy.
void gather_chunk(const Volume& volume, const ChunkGrid& grid, std::int64_t number, std::span<std::byte> chunk);

}  // namespace cohort::store
