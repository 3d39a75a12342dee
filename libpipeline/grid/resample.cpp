#include "grid/resample.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "grid/spline.h"

namespace cohort::grid {
namespace {

double position(const AxisMap& map, std::int64_t i) {
    return std::clamp(map.start + static_cast<double>(i) * map.step, 0.0, static_cast<double>(map.from - 1));
}

/// Index and weight of the source voxels that make one target voxel, K of them per target index.
template <std::size_t K>
struct Taps {
    std::vector<std::array<std::int32_t, K>> index;
    std::vector<std::array<float, K>> weight;
};

Taps<2> linear_taps(const AxisMap& map) {
    Taps<2> taps;
    for (std::int64_t i = 0; i < map.to; ++i) {
        const double p = position(map, i);
        const auto below = std::min(static_cast<std::int64_t>(p), std::max<std::int64_t>(0, map.from - 2));
        const auto above = std::min(below + 1, map.from - 1);
        const auto w = static_cast<float>(p - static_cast<double>(below));
        taps.index.push_back({static_cast<std::int32_t>(below), static_cast<std::int32_t>(above)});
        taps.weight.push_back({1 - w, w});
    }
    return taps;
}

/// Index on a line that is mirrored about the middles of its outer voxels.
std::int32_t mirrored(std::int64_t i, std::int64_t n) {
    if (n == 1) return 0;
    const auto period = 2 * n - 2;
    i = ((i % period) + period) % period;
    return static_cast<std::int32_t>(i < n ? i : period - i);
}

Taps<4> cubic_taps(const AxisMap& map) {
    Taps<4> taps;
    for (std::int64_t i = 0; i < map.to; ++i) {
        const double p = position(map, i), t = p - std::floor(p), u = 1 - t;
        const auto below = static_cast<std::int64_t>(std::floor(p));
        taps.index.push_back({mirrored(below - 1, map.from), mirrored(below, map.from), mirrored(below + 1, map.from),
                              mirrored(below + 2, map.from)});
        taps.weight.push_back(
            {static_cast<float>(u * u * u / 6), static_cast<float>((4 - 6 * t * t + 3 * t * t * t) / 6),
             static_cast<float>((4 - 6 * u * u + 3 * u * u * u) / 6), static_cast<float>(t * t * t / 6)});
    }
    return taps;
}

/// out[j] = Σ weight[k]·rows[k][j]. A row of weight 0 is not read, so that its NaN stays where it is.
template <std::size_t K>
void blend(const std::array<const float*, K>& rows, const std::array<float, K>& weight, float* out,
           std::int64_t width) {
    if constexpr (K == 2) {
        if (weight[0] == 0 || weight[1] == 0) {
            std::memcpy(out, rows[weight[0] == 0 ? 1 : 0], static_cast<std::size_t>(width) * sizeof(float));
            return;
        }
        const float *a = rows[0], *b = rows[1];
        for (std::int64_t j = 0; j < width; ++j) out[j] = weight[0] * a[j] + weight[1] * b[j];
    } else {
        const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
        for (std::int64_t j = 0; j < width; ++j)
            out[j] = (weight[0] * a[j] + weight[1] * b[j]) + (weight[2] * c[j] + weight[3] * d[j]);
    }
}

template <std::size_t K>
void blend_along_x(const float* row, const Taps<K>& taps, float* out) {
    const auto count = taps.index.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto& at = taps.index[i];
        const auto& w = taps.weight[i];
        if constexpr (K == 2)
            out[i] = w[1] == 0 ? row[at[0]] : w[0] * row[at[0]] + w[1] * row[at[1]];
        else
            out[i] = (w[0] * row[at[0]] + w[1] * row[at[1]]) + (w[2] * row[at[2]] + w[3] * row[at[3]]);
    }
}

/// One target slice after the other: along z, then y, then x.
template <std::size_t K>
void resample_slices(const float* source, float* target, const AxisMaps& maps, const std::array<Taps<K>, 3>& taps,
                     unsigned threads) {
    const auto nx = maps[0].from, ny = maps[1].from, mx = maps[0].to, my = maps[1].to;
    const bool same_x = maps[0].is_identity(), same_z = maps[2].is_identity();
    // With cubic taps, an axis that stays as it is still has to turn coefficients back into values.
    const bool skips = K == 2;
    parallel_for(static_cast<std::size_t>(maps[2].to), threads, [&](std::size_t z) {
        std::vector<float> slab(static_cast<std::size_t>(nx * ny)), line(static_cast<std::size_t>(nx));
        std::array<const float*, K> rows;
        for (std::size_t k = 0; k < K; ++k) rows[k] = source + taps[2].index[z][k] * (nx * ny);
        const float* plane = source + static_cast<std::int64_t>(z) * nx * ny;  // if z stays
        if (!(skips && same_z)) {
            blend<K>(rows, taps[2].weight[z], slab.data(), nx * ny);
            plane = slab.data();
        }
        float* out = target + static_cast<std::int64_t>(z) * mx * my;
        for (std::int64_t y = 0; y < my; ++y, out += mx) {
            const auto& at = taps[1].index[static_cast<std::size_t>(y)];
            for (std::size_t k = 0; k < K; ++k) rows[k] = plane + at[k] * nx;
            float* blended = skips && same_x ? out : line.data();
            blend<K>(rows, taps[1].weight[static_cast<std::size_t>(y)], blended, nx);
            if (blended != out) blend_along_x<K>(blended, taps[0], out);
        }
    });
}

void require_fit(const Volume& source, const AxisMaps& maps) {
    const auto n = leading_extents(source);
    for (std::size_t a = 0; a < 3; ++a)
        if (maps[a].from != n[a] || maps[a].to < 1)
            throw Error(Exit::bug, "a resampling's map does not fit its array; please report this.");
}

/// Shape of the result: the leading x, y, z changed, the rest as it is.
Shape target_shape(const Volume& source, const AxisMaps& maps) {
    auto shape = source.shape();
    for (std::size_t a = 0; a < 3 && a < shape.size(); ++a) {
        const auto& name = source.axes()[a].name;
        if (name == "x") shape[a] = maps[0].to;
        if (name == "y") shape[a] = maps[1].to;
        if (name == "z") shape[a] = maps[2].to;
    }
    return shape;
}

std::vector<std::int64_t> nearest_indices(const AxisMap& map) {
    std::vector<std::int64_t> index;
    for (std::int64_t i = 0; i < map.to; ++i)
        index.push_back(std::min(static_cast<std::int64_t>(std::floor(position(map, i) + 0.5)), map.from - 1));
    return index;
}

/// Both sizes of one 3D array, and how many of them there are.
struct Extents {
    std::int64_t from, to, arrays;
};
Extents extents_of(const Volume& source, const AxisMaps& maps) {
    const auto from = maps[0].from * maps[1].from * maps[2].from;
    return {from, maps[0].to * maps[1].to * maps[2].to, source.size() / from};
}

/// Fresh memory comes page by page, which for a large image takes longer than to fill it; pages of 2 MiB do not. A
/// hint: where the system knows none, nothing changes. Only whole large pages inside are meant, so no more memory is
/// taken.
void hint_large_pages(std::span<const std::byte> memory) {
    constexpr std::uintptr_t page = std::uintptr_t{1} << 21;
    const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
    const auto first = (begin + page - 1) & ~(page - 1), last = (begin + memory.size()) & ~(page - 1);
    if (first < last) ::madvise(const_cast<std::byte*>(memory.data()) + (first - begin), last - first, MADV_HUGEPAGE);
}

void linear_into(const float* source, float* target, const AxisMaps& maps, unsigned threads) {
    const std::array<Taps<2>, 3> taps{linear_taps(maps[0]), linear_taps(maps[1]), linear_taps(maps[2])};
    resample_slices<2>(source, target, maps, taps, threads);
}

/// The value with the largest share among eight neighbours with these weights, the lowest on ties.
template <class T>
T elected(const std::array<T, 8>& values, const std::array<double, 8>& weights) {
    std::array<T, 8> seen{};
    std::array<double, 8> share{};
    std::size_t count = 0;
    for (std::size_t k = 0; k < 8; ++k) {
        std::size_t at = 0;
        while (at < count && seen[at] != values[k]) ++at;
        if (at == count) seen[count++] = values[k];
        share[at] += weights[k];
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < count; ++i)
        if (share[i] > share[best] || (share[i] == share[best] && seen[i] < seen[best])) best = i;
    return seen[best];
}

/// One target slice of labels.
template <class T>
void elect_slice(const T* source, T* out, const AxisMaps& maps, const std::array<Taps<2>, 3>& taps, std::size_t z) {
    const auto nx = maps[0].from, ny = maps[1].from;
    const auto& at_z = taps[2].index[z];
    const auto& wz = taps[2].weight[z];
    for (std::size_t y = 0; y < taps[1].index.size(); ++y) {
        const auto& at_y = taps[1].index[y];
        const auto& wy = taps[1].weight[y];
        std::array<const T*, 4> rows;
        std::array<double, 4> row_weights;
        for (std::size_t k = 0; k < 4; ++k) {
            rows[k] = source + (at_z[k / 2] * ny + at_y[k % 2]) * nx;
            row_weights[k] = static_cast<double>(wz[k / 2]) * static_cast<double>(wy[k % 2]);
        }
        for (std::size_t x = 0; x < taps[0].index.size(); ++x, ++out) {
            const auto& at = taps[0].index[x];
            std::array<T, 8> values;
            bool same = true;
            for (std::size_t k = 0; k < 8; ++k) {
                values[k] = rows[k / 2][at[k % 2]];
                same = same && values[k] == values[0];
            }
            if (same) {
                *out = values[0];
                continue;
            }
            std::array<double, 8> weights;
            for (std::size_t k = 0; k < 8; ++k)
                weights[k] = row_weights[k / 2] * static_cast<double>(taps[0].weight[x][k % 2]);
            *out = elected(values, weights);
        }
    }
}

}  // namespace

Volume resample(const Volume& source, const AxisMaps& maps, Interpolation interpolation, unsigned threads) {
    if (interpolation == Interpolation::nearest) return resample_nearest(source, maps);
    require_fit(source, maps);
    if (source.type() != VoxelType::f32) throw Error(Exit::bug, "only f32 is interpolated; please report this.");
    Volume target(VoxelType::f32, target_shape(source, maps), source.axes());
    hint_large_pages(target.bytes());
    const auto [from, to, arrays] = extents_of(source, maps);
    std::vector<float> coefficients;
    if (interpolation == Interpolation::cubic) {
        coefficients.reserve(static_cast<std::size_t>(from));
        hint_large_pages(std::as_bytes(std::span(coefficients.data(), static_cast<std::size_t>(from))));
    }
    for (std::int64_t a = 0; a < arrays; ++a) {
        const auto voxels =
            source.values<float>().subspan(static_cast<std::size_t>(a * from), static_cast<std::size_t>(from));
        float* out = target.values<float>().data() + a * to;
        if (interpolation == Interpolation::linear) {
            linear_into(voxels.data(), out, maps, threads);
            continue;
        }
        coefficients.assign(voxels.begin(), voxels.end());
        spline_coefficients(coefficients, {maps[0].from, maps[1].from, maps[2].from}, threads);
        const std::array<Taps<4>, 3> taps{cubic_taps(maps[0]), cubic_taps(maps[1]), cubic_taps(maps[2])};
        resample_slices<4>(coefficients.data(), out, maps, taps, threads);
    }
    return target;
}

Volume resample_nearest(const Volume& source, const AxisMaps& maps) {
    require_fit(source, maps);
    Volume target(source.type(), target_shape(source, maps), source.axes());
    const auto [from, to, arrays] = extents_of(source, maps);
    const auto xs = nearest_indices(maps[0]), ys = nearest_indices(maps[1]), zs = nearest_indices(maps[2]);
    visit(target, [&, arrays = arrays, from = from]<class T>(std::span<T> out) {
        const auto in = source.values<T>();
        std::size_t at = 0;
        for (std::int64_t a = 0; a < arrays; ++a)
            for (const auto z : zs)
                for (const auto y : ys) {
                    const auto row = a * from + (z * maps[1].from + y) * maps[0].from;
                    for (const auto x : xs) out[at++] = in[static_cast<std::size_t>(row + x)];
                }
    });
    return target;
}

Volume resample_labels(const Volume& labels, const AxisMaps& maps, unsigned threads) {
    require_fit(labels, maps);
    Volume target(labels.type(), target_shape(labels, maps), labels.axes());
    const auto [from, to, arrays] = extents_of(labels, maps);
    const auto slice = maps[0].to * maps[1].to;
    const std::array<Taps<2>, 3> taps{linear_taps(maps[0]), linear_taps(maps[1]), linear_taps(maps[2])};
    visit(target, [&, arrays = arrays, from = from, to = to]<class T>(std::span<T> out) {
        if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, BoolVoxel>) {
            const auto in = labels.values<T>();
            for (std::int64_t a = 0; a < arrays; ++a)
                parallel_for(static_cast<std::size_t>(maps[2].to), threads, [&](std::size_t z) {
                    elect_slice<T>(in.data() + a * from, out.data() + a * to + static_cast<std::int64_t>(z) * slice,
                                   maps, taps, z);
                });
        } else {
            throw Error(Exit::bad_input, "labels are not complex.");
        }
    });
    return target;
}

}  // namespace cohort::grid
