// Masks on their bounding box, and their borders.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/case_pair.h"

namespace cohort::measure {

enum class Connectivity { face, full };  ///< 6 or 26 neighbours; 4 or 8 in two dimensions
enum class Side { reference, prediction };
enum class Frame { background, object };  ///< what lies outside the image counts as

/// A box of voxels, 0 or 1, x fastest, with one voxel around it on every side (in two dimensions not along z).
struct Mask {
    Extent3 shape{1, 1, 1};  ///< with the margin
    int dimensions = 3;
    std::vector<std::uint8_t> voxels;
    std::int64_t count() const;
};

/// The target on one side of a case, on the smallest box around it on both sides, so that the two masks of a case can
/// be compared index by index. Nothing there: shape with no more than the margin, all 0.
/// `frame` object: margin voxels outside the image are 1, so that an object touching the image's edge has no border
/// there.
Mask mask_of(const CasePair& pair, const Target& target, Side side, Frame frame = Frame::background);

/// Foreground voxels (margin left out) with at least one neighbour that is not foreground; same box.
Mask border_of(const Mask& mask, Connectivity connectivity);

}  // namespace cohort::measure
