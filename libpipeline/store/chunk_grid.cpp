#include "store/chunk_grid.h"

#include <algorithm>
#include <cstring>

namespace cohort::store {
namespace {

/// Equal parts of at most `target`.
std::int64_t balanced(std::int64_t n, std::int64_t target) {
    const std::int64_t parts = (n + target - 1) / target;
    return (n + parts - 1) / parts;
}

bool is_spatial(const Axis& axis) { return axis.name == "x" || axis.name == "y" || axis.name == "z"; }

}  // namespace

Shape chunk_shape(VoxelType type, const Shape& shape, const std::vector<Axis>& axes) {
    const auto bytes = static_cast<std::int64_t>(size_of(type));
    if (voxel_count(shape) * bytes < small_array_bytes) return shape;
    std::int64_t slices = 1;
    for (std::size_t a = 0; a < shape.size(); ++a)
        if (axes[a].name == "z") slices = shape[a];
    const std::int64_t in_plane = slices < 8 ? 128 : 32;
    Shape chunk(shape.size(), 1);
    std::int64_t so_far = bytes;
    for (std::size_t a = 0; a < shape.size(); ++a) {
        if (!is_spatial(axes[a])) continue;
        chunk[a] = balanced(shape[a], axes[a].name == "z" ? 32 : in_plane);
        so_far *= chunk[a];
    }
    for (std::size_t a = 0; a < shape.size() && so_far < 8 << 10; ++a) {
        if (is_spatial(axes[a])) continue;
        chunk[a] = balanced(shape[a], small_array_bytes / so_far);
        so_far *= chunk[a];
    }
    return chunk;
}

ChunkGrid chunk_grid(const Shape& shape, const Shape& chunk) {
    ChunkGrid grid{shape, chunk, Shape(shape.size()), 1, 1};
    for (std::size_t a = 0; a < shape.size(); ++a) {
        grid.count[a] = (shape[a] + chunk[a] - 1) / chunk[a];
        grid.voxels *= chunk[a];
        grid.chunks *= grid.count[a];
    }
    return grid;
}

void gather_chunk(const Volume& volume, const ChunkGrid& grid, std::int64_t number, std::span<std::byte> chunk) {
    const std::size_t axes = grid.shape.size(), size = size_of(volume.type());
    ChunkPart part;  // here the "box" is the whole volume
    part.extent.fill(1);
    std::int64_t in_chunk = 1, in_volume = 1, rest = number;
    bool whole = true;
    for (std::size_t a = 0; a < axes; ++a) {
        const std::int64_t origin = rest % grid.count[a] * grid.chunk[a];
        rest /= grid.count[a];
        part.extent[a] = std::min(grid.chunk[a], grid.shape[a] - origin);
        whole = whole && part.extent[a] == grid.chunk[a];
        part.chunk_step[a] = in_chunk;
        part.out_step[a] = in_volume;
        part.out += origin * in_volume;
        in_chunk *= grid.chunk[a];
        in_volume *= grid.shape[a];
    }
    const std::byte* from = volume.bytes().data();
    if (!whole)
        for (std::size_t i = 0; i < chunk.size(); i += size)
            std::memcpy(chunk.data() + i, from + static_cast<std::size_t>(part.out) * size, size);
    const std::size_t row = static_cast<std::size_t>(part.extent[0]) * size;
    for_each_row(part, [&](std::int64_t in, std::int64_t at) {
        std::memcpy(chunk.data() + static_cast<std::size_t>(in) * size, from + static_cast<std::size_t>(at) * size, row);
    });
}

}  // namespace cohort::store
