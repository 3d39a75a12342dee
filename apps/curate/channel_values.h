// The values of one channel, in the order of the voxels, with scale applied: f(value, voxel number within the channel).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/volume.h"

namespace cohort::curate {

/// Voxels before one step along the axis, and its place; extent 1 and the whole array where there is no such axis.
struct AxisStride {
    std::int64_t stride = 1, extent = 1;
};
AxisStride stride_of(const Volume& volume, std::string_view axis);

/// Slope and offset for each voxel of an array.
class ScaleAt {
public:
    ScaleAt(const Volume& volume, const Scale& scale);
    bool is_uniform() const { return slope_.size() == 1; }
    double operator()(double stored, std::int64_t voxel) const {
        const auto k = is_uniform() ? 0 : static_cast<std::size_t>((voxel / stride_.stride) % stride_.extent);
        return stored * slope_[k] + offset_[k];
    }

private:
    std::vector<double> slope_, offset_;
    AxisStride stride_;
};

/// Calls f(first voxel, count) for each contiguous run of the channel, in order.
template <class F>
void for_each_run(const Volume& volume, std::int64_t channel, F f) {
    const auto c = stride_of(volume, "c");
    if (c.extent == 1) return f(std::int64_t{0}, volume.size());
    for (std::int64_t first = channel * c.stride; first < volume.size(); first += c.stride * c.extent)
        f(first, c.stride);
}

}  // namespace cohort::curate
