#include "grid/crop.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "grid/axis_map.h"

namespace cohort::grid {

namespace {

/// `zero(v)` says whether a stored voxel counts as 0.
template <class T, class Zero>
std::optional<VoxelBox> box_of_others(std::span<const T> voxels, const std::array<std::int64_t, 3>& n, Zero zero) {
    const auto [nx, ny, nz] = n;
    std::array<std::int64_t, 3> first = n, last{-1, -1, -1};
    const auto see = [&](std::size_t a, std::int64_t i) {
        first[a] = std::min(first[a], i);
        last[a] = std::max(last[a], i);
    };
    const auto rows = static_cast<std::int64_t>(voxels.size()) / nx;
    for (std::int64_t row = 0; row < rows; ++row) {
        const T* line = voxels.data() + row * nx;
        const T* begin = std::find_if_not(line, line + nx, zero);
        if (begin == line + nx) continue;
        const T* end = line + nx;
        while (zero(end[-1])) --end;
        see(0, begin - line);
        see(0, end - line - 1);
        see(1, row % ny);
        see(2, (row / ny) % nz);
    }
    if (last[0] < 0) return std::nullopt;
    VoxelBox box{first, {}};
    for (std::size_t a = 0; a < 3; ++a) box.extent[a] = last[a] - first[a] + 1;
    return box;
}

}  // namespace

std::optional<VoxelBox> non_zero_box(const Volume& volume, const Scale& scale) {
    if (!scale.axis.empty()) return non_zero_box(scaled_f32(volume, scale));
    const double slope = scale.slope.at(0), offset = scale.offset.at(0);
    return visit(volume, [&]<class T>(std::span<const T> voxels) {
        return box_of_others(voxels, leading_extents(volume),
                             [&](T v) { return static_cast<float>(as_double(v) * slope + offset) == 0; });
    });
}

VoxelBox united(const VoxelBox& a, const VoxelBox& b) {
    VoxelBox out;
    for (std::size_t i = 0; i < 3; ++i) {
        out.origin[i] = std::min(a.origin[i], b.origin[i]);
        out.extent[i] = std::max(a.origin[i] + a.extent[i], b.origin[i] + b.extent[i]) - out.origin[i];
    }
    return out;
}

Volume crop(const Volume& volume, const VoxelBox& box) {
    const auto n = leading_extents(volume);
    auto shape = volume.shape();
    for (std::size_t a = 0; a < 3; ++a) {
        if (box.origin[a] < 0 || box.extent[a] < 1 || box.extent[a] > n[a] || box.origin[a] > n[a] - box.extent[a])
            throw Error(Exit::bug, "a box lies outside of its image; please report this.");
        if (n[a] != 1 || (a < shape.size() && volume.axes()[a].name == std::string_view("xyz").substr(a, 1)))
            shape[a] = box.extent[a];
    }
    Volume out(volume.type(), shape, volume.axes());
    const auto size = size_of(volume.type());
    const auto* in = volume.bytes().data();
    auto* to = out.bytes().data();
    const auto row_bytes = static_cast<std::size_t>(box.extent[0]) * size;
    const auto arrays = volume.size() / (n[0] * n[1] * n[2]);
    for (std::int64_t a = 0; a < arrays; ++a)
        for (std::int64_t z = 0; z < box.extent[2]; ++z)
            for (std::int64_t y = 0; y < box.extent[1]; ++y, to += row_bytes) {
                const auto row = ((a * n[2] + box.origin[2] + z) * n[1] + box.origin[1] + y) * n[0] + box.origin[0];
                std::memcpy(to, in + static_cast<std::size_t>(row) * size, row_bytes);
            }
    return out;
}

Geometry cropped(const Geometry& geometry, const VoxelBox& box) {
    Geometry out = geometry;
    if (!out.affine) return out;
    const auto origin = out.affine->apply(
        {static_cast<double>(box.origin[0]), static_cast<double>(box.origin[1]), static_cast<double>(box.origin[2])});
    for (std::size_t row = 0; row < 3; ++row) out.affine->m[row][3] = origin[row];
    return out;
}

}  // namespace cohort::grid
