#include "grid/nearest.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"

namespace cohort::grid {

namespace {

std::size_t spatial_axes(const std::vector<Axis>& axes) {
    std::size_t count = 0;
    while (count < std::min<std::size_t>(3, axes.size()) &&
           axes[count].name == std::string_view("xyz").substr(count, 1))
        ++count;
    return count;
}

std::array<std::int64_t, 3> spatial_extent(const Shape& shape, std::size_t axes) {
    std::array<std::int64_t, 3> extent{1, 1, 1};
    std::copy_n(shape.begin(), axes, extent.begin());
    return extent;
}

/// One block of x y z.
void resample_block(const std::byte* from, std::byte* to, std::size_t bytes, const std::array<std::int64_t, 3>& source,
                    const std::array<std::int64_t, 3>& target, const Affine& back) {
    for (std::int64_t z = 0; z < target[2]; ++z)
        for (std::int64_t y = 0; y < target[1]; ++y)
            for (std::int64_t x = 0; x < target[0]; ++x, to += bytes) {
                const auto at = back.apply({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
                std::array<std::int64_t, 3> index;
                bool inside = true;
                for (std::size_t i = 0; i < 3; ++i) {
                    // Compared as doubles first: a far position does not fit an integer.
                    inside = inside && at[i] >= -0.5 && at[i] < static_cast<double>(source[i]) - 0.5;
                    index[i] = inside ? static_cast<std::int64_t>(std::floor(at[i] + 0.5)) : 0;
                    inside = inside && index[i] < source[i];
                }
                if (!inside) continue;
                std::memcpy(
                    to,
                    from + static_cast<std::size_t>((index[2] * source[1] + index[1]) * source[0] + index[0]) * bytes,
                    bytes);
            }
}

}  // namespace

Volume resample_nearest(const Volume& source, const Geometry& from, const Shape& shape, const std::vector<Axis>& axes,
                        const Geometry& to) {
    const auto inverse = from.affine ? from.affine->inverse() : std::nullopt;
    if (!inverse || !to.affine || !to.affine->is_usable())
        throw Error(Exit::bad_input, "An array without a place in the world cannot be brought to another grid.");
    const std::size_t source_axes = spatial_axes(source.axes()), target_axes = spatial_axes(axes);
    const auto skip = [](const auto& list, std::size_t n) {
        return std::vector(list.begin() + static_cast<std::ptrdiff_t>(n), list.end());
    };
    if (skip(source.shape(), source_axes) != skip(shape, target_axes))
        throw Error(Exit::bad_input, "The two grids differ in more than x, y and z.");

    Volume result(source.type(), shape, axes);
    std::memset(result.bytes().data(), 0, result.bytes().size());
    const auto source_extent = spatial_extent(source.shape(), source_axes),
               target_extent = spatial_extent(shape, target_axes);
    const std::size_t bytes = size_of(source.type());
    const auto source_block = static_cast<std::size_t>(source_extent[0] * source_extent[1] * source_extent[2]) * bytes;
    const auto target_block = static_cast<std::size_t>(target_extent[0] * target_extent[1] * target_extent[2]) * bytes;
    const Affine back = *inverse * *to.affine;
    for (std::size_t block = 0; block * source_block < source.bytes().size(); ++block)
        resample_block(source.bytes().data() + block * source_block, result.bytes().data() + block * target_block,
                       bytes, source_extent, target_extent, back);
    return result;
}

}  // namespace cohort::grid
