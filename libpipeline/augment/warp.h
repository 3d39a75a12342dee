// The one interpolation of an augmented patch: image and label through the same map, in the same pass.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "augment/elastic_field.h"

namespace cohort::augment {

using Extent = std::array<std::int64_t, 3>;  ///< x, y, z
using Matrix = std::array<std::array<double, 3>, 3>;

/// Output voxel o reads the source at  matrix · (o − (extent − 1)/2) + centre + elastic(o),  in source voxels.
struct SpatialMap {
    Matrix matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    std::array<double, 3> centre{};
    std::optional<ElasticField> elastic = std::nullopt;
};

struct SourceBox {
    Extent origin{};
    Extent extent{};
};

/// The box of source voxels that a patch of `extent` may read, one voxel wider than needed on every side so that
/// neighbours exist, not wider than the source of shape `source` and one voxel around it. Extents are at least 2.
SourceBox source_box(const SpatialMap& map, const Extent& extent, const Extent& source);

/// image   channels one after the other, each `box.extent` voxels, x fastest; the same for `image_out` and `extent`
/// labels  classes of the box, may be empty together with `labels_out`
///
/// Images: trilinear, 0 outside the box. Labels: each class's trilinear share, the largest wins, ties to the lowest
/// class; `outside` beyond the box. The box holds 0 and `outside` where it lies outside the image.
void warp_patch(const SpatialMap& map, const SourceBox& box, std::span<const float> image,
                std::span<const std::uint16_t> labels, std::uint16_t outside, const Extent& extent,
                std::span<float> image_out, std::span<std::uint16_t> labels_out);

}  // namespace cohort::augment
