#include "grid/back_to_native.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/parallel.h"

namespace cohort::grid {
namespace {

using Extents = std::array<std::int64_t, 3>;

constexpr double separable_within = 0.01;  // prepared voxels, anywhere in the image
constexpr double exact_within = 1e-6;      // positions this near to a voxel's middle are meant to be there
constexpr std::int64_t rows_at_once = 16;

/// The permutation (native axis by prepared axis) that leaves the least beside it; `beside` gets how far, in prepared
/// voxels, the rest moves a voxel.
std::array<std::size_t, 3> nearest_permutation(const Affine& map, const Extents& native, double& beside) {
    std::array<std::size_t, 3> order{0, 1, 2}, best = order;
    double best_beside = 0, best_along = -1;
    do {
        double off = 0, along = 1;
        for (std::size_t p = 0; p < 3; ++p) {
            along *= std::abs(map.m[p][order[p]]);
            for (std::size_t n = 0; n < 3; ++n)
                if (n != order[p]) off += std::abs(map.m[p][n]) * static_cast<double>(native[n] - 1);
        }
        // Axes of one voxel leave nothing beside, whichever they are given to: then the direction decides.
        if (best_along < 0 || off < best_beside - 1e-9 || (off <= best_beside + 1e-9 && along > best_along)) {
            best = order;
            best_beside = off;
            best_along = along;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    beside = best_beside;
    return best;
}

std::variant<WayBack, std::string> through_world(WayBack way, const Affine& prepared, const Affine& native) {
    const auto inverse = prepared.inverse();
    if (!inverse || !native.is_usable())
        return std::string("one of the two grids has an affine that cannot be inverted");
    const auto map = *inverse * native;
    double beside = 0;
    const auto order = nearest_permutation(map, way.native, beside);
    if (!(beside <= separable_within))
        return std::string("the prepared grid is turned or sheared against the native one by other than right angles");
    for (std::size_t p = 0; p < 3; ++p) {
        way.axes[p] = {order[p], map.m[p][3], map.m[p][order[p]]};
        if (way.axes[p].step == 0) return std::string("the two grids have no direction in common along an axis");
    }
    return way;
}

std::variant<WayBack, std::string> about_the_middle(WayBack way, const Vec3& prepared_mm, const Vec3& native_mm) {
    for (std::size_t a = 0; a < 3; ++a) {
        const double step = native_mm[a] / prepared_mm[a];
        const double wanted = static_cast<double>(way.native[a]) * step;
        if (!(step > 0) || (std::abs(static_cast<double>(way.prepared[a]) - wanted) > 0.5 + exact_within &&
                            !(way.prepared[a] == 1 && wanted < 1)))
            return std::string("the image was cropped and has no place in the world, so where it was cut is not known");
        way.axes[a] = {
            a, (static_cast<double>(way.prepared[a] - 1) - static_cast<double>(way.native[a] - 1) * step) / 2, step};
    }
    return way;
}

/// out = (1 − w)·a + w·b.
__attribute__((target_clones("avx512f", "avx2", "default"))) void blend(const float* __restrict a,
                                                                        const float* __restrict b, float w,
                                                                        float* __restrict out, std::int64_t count) {
    const float u = 1 - w;
    for (std::int64_t i = 0; i < count; ++i) out[i] = u * a[i] + w * b[i];
}

/// out[i] between line[below[i]] and line[above[i]].
__attribute__((target_clones("avx512f", "avx2", "default"))) void blend_along(
    const float* __restrict line, const std::int32_t* __restrict below, const std::int32_t* __restrict above,
    const float* __restrict weight, float* __restrict out, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = (1 - weight[i]) * line[below[i]] + weight[i] * line[above[i]];
}

}  // namespace

bool WayBack::is_identity() const {
    for (std::size_t a = 0; a < 3; ++a)
        if (axes[a].native_axis != a || prepared[a] != native[a] || std::abs(axes[a].start) > exact_within ||
            std::abs(axes[a].step - 1) * static_cast<double>(native[a]) > exact_within)
            return false;
    return true;
}

std::variant<WayBack, std::string> way_back(const Extents& prepared, const Geometry& prepared_geometry,
                                            const Extents& native, const Geometry& native_geometry) {
    WayBack way;
    way.prepared = prepared;
    way.native = native;
    if (prepared_geometry.affine && native_geometry.affine)
        return through_world(way, *prepared_geometry.affine, *native_geometry.affine);
    if (prepared_geometry.affine || native_geometry.affine)
        return std::string("just one of the two grids has a place in the world");
    return about_the_middle(way, prepared_geometry.spacing_mm(), native_geometry.spacing_mm());
}

BackToNative::Taps BackToNative::taps_along(const WayBack& way, std::size_t axis) {
    const auto& back = way.axes[axis];
    const auto from = way.prepared[axis], count = way.native[back.native_axis];
    const double reach = std::max(0.5, 0.75 - std::abs(back.step) / 2) + exact_within;
    const auto last = static_cast<double>(from - 1);
    Taps taps;
    taps.begin = count;
    taps.is_copy = true;
    for (std::int64_t i = 0; i < count; ++i) {
        double p = back.start + static_cast<double>(i) * back.step;
        if (p >= -reach && p <= last + reach) {
            taps.begin = std::min(taps.begin, i);
            taps.end = i + 1;
        }
        p = std::clamp(p, 0.0, last);
        if (std::abs(p - std::round(p)) < exact_within) p = std::round(p);
        const auto below = static_cast<std::int64_t>(p);
        taps.below.push_back(static_cast<std::int32_t>(below));
        taps.above.push_back(static_cast<std::int32_t>(std::min(below + 1, from - 1)));
        taps.weight.push_back(static_cast<float>(p - static_cast<double>(below)));
    }
    for (std::int64_t i = taps.begin; i < taps.end; ++i) {
        const auto n = static_cast<std::size_t>(i);
        taps.is_copy = taps.is_copy && taps.weight[n] == 0 &&
                       taps.below[n] - taps.below[static_cast<std::size_t>(taps.begin)] == i - taps.begin;
    }
    return taps;
}

BackToNative::BackToNative(const WayBack& way, std::size_t classes, unsigned threads)
    : way_(way), classes_(classes), threads_(threads) {
    const Extents stride{1, way.native[0], way.native[0] * way.native[1]};
    for (std::size_t a = 0; a < 3; ++a) {
        taps_[a] = taps_along(way, a);
        place_step_[a] = stride[way.axes[a].native_axis];
    }
    for (auto k = taps_[2].begin; k < taps_[2].end; ++k) planes_.push_back(k);
    if (way.axes[2].step < 0) std::reverse(planes_.begin(), planes_.end());
}

bool BackToNative::covers_all() const {
    for (std::size_t a = 0; a < 3; ++a)
        if (taps_[a].begin != 0 || taps_[a].end != way_.native[way_.axes[a].native_axis]) return false;
    return true;
}

std::uint64_t BackToNative::bytes(const WayBack& way, std::size_t classes, unsigned threads) {
    const auto plane = static_cast<std::uint64_t>(way.prepared[0] * way.prepared[1]);
    const auto lines = classes * static_cast<std::uint64_t>(way.native[way.axes[0].native_axis]) +
                       3 * static_cast<std::uint64_t>(way.prepared[0]);
    return 4 * (classes * plane + lines * std::max(1U, threads));
}

/// The slice that must have come in before native plane k can be made.
std::int64_t BackToNative::needed_slice(std::int64_t k) const {
    const auto i = static_cast<std::size_t>(k);
    return taps_[2].weight[i] > 0 ? taps_[2].above[i] : taps_[2].below[i];
}

void BackToNative::take(std::span<const float> slice, const std::function<void(const ScoreRow&)>& row) {
    assert(slice.size() == classes_ * static_cast<std::size_t>(way_.prepared[0] * way_.prepared[1]));
    for (; next_plane_ < planes_.size() && needed_slice(planes_[next_plane_]) <= slice_; ++next_plane_) {
        const auto k = planes_[next_plane_];
        const bool between = taps_[2].weight[static_cast<std::size_t>(k)] > 0;
        give_plane(k, between ? previous_.data() : slice.data(), slice.data(), row);
    }
    if (next_plane_ < planes_.size() && taps_[2].below[static_cast<std::size_t>(planes_[next_plane_])] == slice_)
        previous_.assign(slice.begin(), slice.end());
    ++slice_;
}

void BackToNative::give_plane(std::int64_t k, const float* low, const float* high,
                              const std::function<void(const ScoreRow&)>& row) const {
    const auto first = taps_[1].begin, rows = taps_[1].end - first;
    if (rows <= 0 || taps_[0].end <= taps_[0].begin) return;
    const auto blocks = (rows + rows_at_once - 1) / rows_at_once;
    parallel_for(static_cast<std::size_t>(blocks), threads_, [&](std::size_t block) {
        const auto begin = first + static_cast<std::int64_t>(block) * rows_at_once;
        give_rows(k, begin, std::min(begin + rows_at_once, taps_[1].end), low, high, row);
    });
}

void BackToNative::give_rows(std::int64_t k, std::int64_t first, std::int64_t last, const float* low, const float* high,
                             const std::function<void(const ScoreRow&)>& row) const {
    const auto nx = way_.prepared[0], plane = nx * way_.prepared[1];
    const auto& along = taps_[0];
    const auto count = along.end - along.begin;
    const auto begin = static_cast<std::size_t>(along.begin);
    const float wz = taps_[2].weight[static_cast<std::size_t>(k)];
    std::vector<float> lines(3 * static_cast<std::size_t>(nx)), scores(classes_ * static_cast<std::size_t>(count));
    for (auto j = first; j < last; ++j) {
        const auto y = static_cast<std::size_t>(j);
        const float wy = taps_[1].weight[y];
        const auto y0 = taps_[1].below[y] * nx, y1 = taps_[1].above[y] * nx;
        const auto place = place_step_[0] * along.begin + place_step_[1] * j + place_step_[2] * k;
        if (wz == 0 && wy == 0 && along.is_copy) {
            row({low + y0 + along.below[begin], static_cast<std::size_t>(plane), place, place_step_[0], count});
            continue;
        }
        for (std::size_t c = 0; c < classes_; ++c) {
            const auto at = static_cast<std::int64_t>(c) * plane;
            // One row of a slice at this y, blended into `into` if it lies between two.
            const auto at_y = [&](const float* slice, float* into) -> const float* {
                if (wy == 0) return slice + at + y0;
                blend(slice + at + y0, slice + at + y1, wy, into, nx);
                return into;
            };
            const float* line = at_y(low, lines.data());
            if (wz != 0) {
                const float* upper = at_y(high, lines.data() + nx);
                blend(line, upper, wz, lines.data() + 2 * nx, nx);
                line = lines.data() + 2 * nx;
            }
            blend_along(line, along.below.data() + begin, along.above.data() + begin, along.weight.data() + begin,
                        scores.data() + static_cast<std::int64_t>(c) * count, count);
        }
        row({scores.data(), static_cast<std::size_t>(count), place, place_step_[0], count});
    }
}

}  // namespace cohort::grid
