#include "measure/mask.h"

#include <algorithm>

namespace cohort::measure {
namespace {

std::vector<std::ptrdiff_t> neighbour_offsets(const Mask& mask, Connectivity connectivity) {
    std::vector<std::ptrdiff_t> offsets;
    const int reach_z = mask.dimensions == 3 ? 1 : 0;
    for (int dz = -reach_z; dz <= reach_z; ++dz)
        for (int dy = -1; dy <= 1; ++dy)
            for (int dx = -1; dx <= 1; ++dx) {
                const int steps = std::abs(dx) + std::abs(dy) + std::abs(dz);
                if (steps == 0 || (connectivity == Connectivity::face && steps != 1)) continue;
                offsets.push_back((dz * mask.shape[1] + dy) * mask.shape[0] + dx);
            }
    return offsets;
}

/// A row of `n` labels as 0 and 1; voxels whose reference is the ignore label are 0.
void fill_row(const Target& target, std::optional<std::int32_t> ignore, const std::int32_t* labels,
              const std::int32_t* reference, std::int64_t n, std::uint8_t* out) {
    const std::int32_t only = target.values.front();
    if (target.values.size() == 1)
        for (std::int64_t x = 0; x < n; ++x) out[x] = labels[x] == only ? 1 : 0;
    else
        for (std::int64_t x = 0; x < n; ++x) out[x] = target.has(labels[x]) ? 1 : 0;
    if (!ignore) return;
    const std::int32_t passed_over = *ignore;
    for (std::int64_t x = 0; x < n; ++x)
        if (reference[x] == passed_over) out[x] = 0;
}

/// Sets the voxels of the margin that lie outside of the image.
void fill_outside(Mask& mask, const Bounds& box, const Extent3& image) {
    const std::int64_t mz = mask.dimensions == 3 ? 1 : 0;
    std::size_t index = 0;
    for (std::int64_t z = 0; z < mask.shape[2]; ++z)
        for (std::int64_t y = 0; y < mask.shape[1]; ++y)
            for (std::int64_t x = 0; x < mask.shape[0]; ++x, ++index) {
                const Extent3 at{box.low[0] + x - 1, box.low[1] + y - 1, box.low[2] + z - mz};
                for (std::size_t axis = 0; axis < 3; ++axis)
                    if (at[axis] < 0 || at[axis] >= image[axis]) mask.voxels[index] = 1;
            }
}

}  // namespace

std::int64_t Mask::count() const { return std::count(voxels.begin(), voxels.end(), std::uint8_t{1}); }

Mask mask_of(const CasePair& pair, const Target& target, Side side, Frame frame) {
    const LabelMap& labels = side == Side::reference ? pair.reference() : pair.prediction();
    const Bounds box = pair.bounds(target);
    Mask mask;
    mask.dimensions = pair.reference().dimensions;
    const std::int64_t mz = mask.dimensions == 3 ? 1 : 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::int64_t margin = axis == 2 ? mz : 1;
        mask.shape[axis] = (box.empty() ? 1 : box.high[axis] - box.low[axis] + 1) + 2 * margin;
    }
    mask.voxels.assign(static_cast<std::size_t>(mask.shape[0] * mask.shape[1] * mask.shape[2]), 0);
    if (box.empty()) return mask;
    const std::int64_t inner = mask.shape[0] - 2;
    for (std::int64_t z = mz; z < mask.shape[2] - mz; ++z)
        for (std::int64_t y = 1; y < mask.shape[1] - 1; ++y) {
            const std::ptrdiff_t from =
                ((box.low[2] + z - mz) * labels.shape[1] + box.low[1] + y - 1) * labels.shape[0] + box.low[0];
            const std::int32_t* row = labels.values.data() + from;
            std::uint8_t* out = mask.voxels.data() + (z * mask.shape[1] + y) * mask.shape[0] + 1;
            const std::int32_t* reference = pair.reference().values.data() + from;
            fill_row(target, pair.ignore(), row, reference, inner, out);
        }
    if (frame == Frame::object) fill_outside(mask, box, labels.shape);
    return mask;
}

Mask border_of(const Mask& mask, Connectivity connectivity) {
    const auto offsets = neighbour_offsets(mask, connectivity);
    Mask border;
    border.shape = mask.shape;
    border.dimensions = mask.dimensions;
    border.voxels.assign(mask.voxels.size(), 0);
    // Row by row and neighbour by neighbour, without a branch: compilers turn these loops into vector code.
    const std::int64_t inner = mask.shape[0] - 2, mz = mask.dimensions == 3 ? 1 : 0;
    std::vector<std::uint8_t> all_set(static_cast<std::size_t>(inner));
    for (std::int64_t z = mz; z < mask.shape[2] - mz; ++z)
        for (std::int64_t y = 1; y < mask.shape[1] - 1; ++y) {
            const std::ptrdiff_t at = (z * mask.shape[1] + y) * mask.shape[0] + 1;
            const std::uint8_t* row = mask.voxels.data() + at;
            std::uint8_t* all = all_set.data();
            std::fill(all_set.begin(), all_set.end(), std::uint8_t{1});
            for (const std::ptrdiff_t offset : offsets)
                for (std::int64_t x = 0; x < inner; ++x) all[x] &= row[x + offset];
            std::uint8_t* out = border.voxels.data() + at;
            for (std::int64_t x = 0; x < inner; ++x) out[x] = row[x] & (all[x] ^ std::uint8_t{1});
        }
    return border;
}

}  // namespace cohort::measure
