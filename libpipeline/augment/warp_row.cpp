#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-thread-jumps")  // GCC 12 would make branches of clamps, and no vector code; no value changes
#endif

#include "augment/warp_row.h"

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace cohort::augment {

__attribute__((target_clones("avx512f", "avx2", "default"))) void fill_line(std::vector<float>& line, float begin,
                                                                            float step) {
    auto* out = line.data();
    const auto n = static_cast<std::int32_t>(line.size());
    for (std::int32_t i = 0; i < n; ++i) out[i] = begin + static_cast<float>(i) * step;
}

namespace {

/// One axis: index of the lower neighbour and weight of the upper one; `inside` keeps only what lies in the box.
__attribute__((target_clones("avx512f", "avx2", "default"))) void place_axis(const float* __restrict coordinate,
                                                                             std::size_t n, std::int32_t extent,
                                                                             float* __restrict weight,
                                                                             std::int32_t* __restrict index,
                                                                             std::int32_t* __restrict inside) {
    const auto last = static_cast<float>(extent - 1), most = static_cast<float>(extent - 2);
    for (std::size_t i = 0; i < n; ++i) {
        const float c = coordinate[i];
        // Clamped before it is truncated (never negative: that is its floor); NaN becomes 0.
        const float above = c > 0 ? c : 0.0f;
        const float clamped = above < most ? above : most;
        const auto whole = static_cast<std::int32_t>(clamped);
        index[i] = whole;
        weight[i] = c - static_cast<float>(whole);
        const float seen = c >= 0 ? c : last;
        inside[i] &= seen < last ? -1 : 0;
    }
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void combine(const std::int32_t* __restrict y,
                                                                          const std::int32_t* __restrict z,
                                                                          std::size_t n, std::int32_t nx,
                                                                          std::int32_t ny,
                                                                          std::int32_t* __restrict at) {
    for (std::size_t i = 0; i < n; ++i) at[i] += (z[i] * ny + y[i]) * nx;
}

}  // namespace

void place_row(Row& row, const BoxShape& box) {
    const auto n = row.x.size();
    std::fill(row.inside.begin(), row.inside.end(), -1);
    place_axis(row.x.data(), n, box.nx, row.wx.data(), row.at.data(), row.inside.data());
    place_axis(row.y.data(), n, box.ny, row.wy.data(), row.iy.data(), row.inside.data());
    place_axis(row.z.data(), n, box.nz, row.wz.data(), row.iz.data(), row.inside.data());
    combine(row.iy.data(), row.iz.data(), n, box.nx, box.ny, row.at.data());
}

namespace {

/// Voxels [from, n) of a row.
void blend_from(std::size_t from, const Row& row, const float* source, const BoxShape& box, float* out) {
    const auto nx = box.nx, nxy = box.nx * box.ny;
    for (std::size_t i = from; i < row.at.size(); ++i) {
        const auto* p = source + row.at[i];
        const auto wx = row.wx[i], wy = row.wy[i], wz = row.wz[i];
        const auto x0y0 = p[0] + wz * (p[nxy] - p[0]);
        const auto x1y0 = p[1] + wz * (p[nxy + 1] - p[1]);
        const auto x0y1 = p[nx] + wz * (p[nxy + nx] - p[nx]);
        const auto x1y1 = p[nx + 1] + wz * (p[nxy + nx + 1] - p[nx + 1]);
        const auto x0 = x0y0 + wy * (x0y1 - x0y0);
        const auto x1 = x1y0 + wy * (x1y1 - x1y0);
        // The product with 0 would keep a NaN that the weights of an outside voxel may have made: select instead.
        out[i] = row.inside[i] != 0 ? x0 + wx * (x1 - x0) : 0.0f;
    }
}

}  // namespace

void blend_row_plain(const Row& row, const float* source, const BoxShape& box, float* out) {
    blend_from(0, row, source, box, out);
}

#if defined(__SSE2__)
namespace {

/// Two neighbours along x at p (lower half) and at q (upper half): one vector without a gather, which would cost more.
inline __m128 two_pairs(const float* p, const float* q) {
    double low = 0, high = 0;  // copied, as floats need not lie where doubles must
    std::memcpy(&low, p, sizeof low);
    std::memcpy(&high, q, sizeof high);
    return _mm_castpd_ps(_mm_set_pd(high, low));
}

}  // namespace

void blend_row(const Row& row, const float* source, const BoxShape& box, float* out) {
    const std::ptrdiff_t nx = box.nx, nxy = static_cast<std::ptrdiff_t>(box.nx) * box.ny;
    const auto n = row.at.size();
    const auto* at = row.at.data();
    const auto* wz = row.wz.data();
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        // One voxel: its four pairs blended along z: x0y0 x1y0 x0y1 x1y1.
        const auto along_z = [&](std::size_t j) {
            const auto* p = source + at[j];
            const __m128 near = two_pairs(p, p + nx), far = two_pairs(p + nxy, p + nxy + nx);
            return _mm_add_ps(near, _mm_mul_ps(_mm_set1_ps(wz[j]), _mm_sub_ps(far, near)));
        };
        __m128 x0y0 = along_z(i), x1y0 = along_z(i + 1), x0y1 = along_z(i + 2), x1y1 = along_z(i + 3);
        _MM_TRANSPOSE4_PS(x0y0, x1y0, x0y1, x1y1);  // now a vector holds one corner of four voxels
        const __m128 wy = _mm_loadu_ps(row.wy.data() + i), wx = _mm_loadu_ps(row.wx.data() + i);
        const __m128 x0 = _mm_add_ps(x0y0, _mm_mul_ps(wy, _mm_sub_ps(x0y1, x0y0)));
        const __m128 x1 = _mm_add_ps(x1y0, _mm_mul_ps(wy, _mm_sub_ps(x1y1, x1y0)));
        const __m128 value = _mm_add_ps(x0, _mm_mul_ps(wx, _mm_sub_ps(x1, x0)));
        const __m128 mask = _mm_castsi128_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row.inside.data() + i)));
        _mm_storeu_ps(out + i, _mm_and_ps(value, mask));
    }
    blend_from(i, row, source, box, out);
}
#else
void blend_row(const Row& row, const float* source, const BoxShape& box, float* out) {
    blend_from(0, row, source, box, out);
}
#endif

namespace {

using Neighbours = std::array<std::uint16_t, 8>;

std::array<float, 8> shares(float wx, float wy, float wz) {
    const float ux = 1 - wx, uy = 1 - wy, uz = 1 - wz;
    return {ux * uy * uz, wx * uy * uz, ux * wy * uz, wx * wy * uz,
            ux * uy * wz, wx * uy * wz, ux * wy * wz, wx * wy * wz};
}

std::uint16_t vote_among_many(const Neighbours& labels, const std::array<float, 8>& weight) {
    std::uint16_t best = 0;
    float best_share = -1;
    for (std::size_t k = 0; k < 8; ++k) {
        float share = 0;
        for (std::size_t j = 0; j < 8; ++j)
            if (labels[j] == labels[k]) share += weight[j];
        if (share > best_share || (share == best_share && labels[k] < best)) best = labels[k], best_share = share;
    }
    return best;
}

std::uint16_t vote(const Neighbours& labels, float wx, float wy, float wz) {
    const auto weight = shares(wx, wy, wz);
    // Nearly always there are two classes: the first one, and one other.
    const auto first = labels[0];
    std::uint16_t other = first;
    bool two = true;
    float first_share = 0, other_share = 0;
    for (std::size_t k = 0; k < 8; ++k) {
        const bool is_first = labels[k] == first;
        if (!is_first && other == first) other = labels[k];
        two = two && (is_first || labels[k] == other);
        first_share += is_first ? weight[k] : 0.0f;
        other_share += is_first ? 0.0f : weight[k];
    }
    if (!two) return vote_among_many(labels, weight);
    if (first_share == other_share) return first < other ? first : other;
    return first_share > other_share ? first : other;
}

std::uint32_t pair_at(const std::uint16_t* p) {
    std::uint32_t pair = 0;
    std::memcpy(&pair, p, sizeof pair);
    return pair;
}

}  // namespace

void vote_row(const Row& row, const std::uint16_t* source, const BoxShape& box, std::uint16_t outside,
              std::uint16_t* out) {
    const std::ptrdiff_t nx = box.nx, nxy = static_cast<std::ptrdiff_t>(box.nx) * box.ny;
    const auto n = row.at.size();
    for (std::size_t i = 0; i < n; ++i) {
        const auto* p = source + row.at[i];
        const auto a = pair_at(p), b = pair_at(p + nx), c = pair_at(p + nxy), d = pair_at(p + nxy + nx);
        const auto differs = (a ^ b) | (a ^ c) | (a ^ d) | ((a >> 16) ^ (a & 0xffffu));
        if (row.inside[i] == 0)
            out[i] = outside;
        else if (differs == 0)
            out[i] = static_cast<std::uint16_t>(a & 0xffffu);
        else
            out[i] = vote({p[0], p[1], p[nx], p[nx + 1], p[nxy], p[nxy + 1], p[nxy + nx], p[nxy + nx + 1]}, row.wx[i],
                          row.wy[i], row.wz[i]);
    }
}

}  // namespace cohort::augment
