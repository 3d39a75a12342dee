#include "augment/warp.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "augment/warp_row.h"

namespace cohort::augment {
namespace {

std::int64_t voxels(const Extent& e) { return e[0] * e[1] * e[2]; }

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

void warp_patch(const SpatialMap& map, const SourceBox& box, std::span<const float> image,
                std::span<const std::uint16_t> labels, std::uint16_t outside, const Extent& extent,
                std::span<float> image_out, std::span<std::uint16_t> labels_out) {
    const auto source_voxels = static_cast<std::size_t>(voxels(box.extent)),
               patch_voxels = static_cast<std::size_t>(voxels(extent));
    const auto channels = image.size() / source_voxels;
    assert(voxels(box.extent) < (std::int64_t{1} << 31) && image_out.size() == channels * patch_voxels);
    const BoxShape shape{static_cast<std::int32_t>(box.extent[0]), static_cast<std::int32_t>(box.extent[1]),
                         static_cast<std::int32_t>(box.extent[2])};
    Row row(static_cast<std::size_t>(extent[0]));
    for (std::int64_t z = 0; z < extent[2]; ++z) {
        const auto slice = map.elastic ? map.elastic->slice(z) : ElasticField::Slice{};
        for (std::int64_t y = 0; y < extent[1]; ++y) {
            const std::array<double, 3> from_middle{-static_cast<double>(extent[0] - 1) / 2,
                                                    static_cast<double>(y) - static_cast<double>(extent[1] - 1) / 2,
                                                    static_cast<double>(z) - static_cast<double>(extent[2] - 1) / 2};
            for (std::size_t axis = 0; axis < 3; ++axis) {
                double first = map.centre[axis] - static_cast<double>(box.origin[axis]);
                for (std::size_t column = 0; column < 3; ++column)
                    first += map.matrix[axis][column] * from_middle[column];
                fill_line(axis == 0   ? row.x
                          : axis == 1 ? row.y
                                      : row.z,
                          static_cast<float>(first), static_cast<float>(map.matrix[axis][0]));
            }
            if (map.elastic) map.elastic->add_row(slice, y, row.x, row.y, row.z);
            place_row(row, shape);
            const auto to = static_cast<std::size_t>((z * extent[1] + y) * extent[0]);
            for (std::size_t c = 0; c < channels; ++c)
                blend_row(row, image.data() + c * source_voxels, shape, image_out.data() + c * patch_voxels + to);
            if (!labels_out.empty()) vote_row(row, labels.data(), shape, outside, labels_out.data() + to);
        }
    }
}

}  // namespace cohort::augment
