#include "augment/filters.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cohort::augment {
namespace {

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

/// Index reflected into [0, n) without repeating the edge: −1 → 1, n → n − 2.
std::int64_t reflected(std::int64_t i, std::int64_t n) {
    if (n == 1) return 0;
    const auto period = 2 * (n - 1);
    i = ((i % period) + period) % period;
    return i < n ? i : period - i;
}

std::vector<float> gaussian(double sigma) {
    const auto radius = std::max<std::int64_t>(1, std::lround((6 * sigma - 0.5) / 2));
    std::vector<float> kernel;
    double sum = 0;
    for (auto i = -radius; i <= radius; ++i) sum += std::exp(-static_cast<double>(i * i) / (2 * sigma * sigma));
    for (auto i = -radius; i <= radius; ++i)
        kernel.push_back(static_cast<float>(std::exp(-static_cast<double>(i * i) / (2 * sigma * sigma)) / sum));
    return kernel;
}

/// out[j] = Σ_k kernel[k] · in[j + k·step]. The taps of the usual kernels are unrolled, so that a sum stays in its
/// register.
template <std::size_t Taps>
[[gnu::always_inline]] inline void weighted_row(const float* in, std::ptrdiff_t step, const float* kernel,
                                                std::size_t n, float* out) {
    for (std::size_t j = 0; j < n; ++j) {
        float sum = 0;
        for (std::size_t k = 0; k < Taps; ++k)
            sum += kernel[k] * in[static_cast<std::ptrdiff_t>(j) + static_cast<std::ptrdiff_t>(k) * step];
        out[j] = sum;
    }
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void convolve_row(const float* in, std::ptrdiff_t step,
                                                                               const float* kernel, std::size_t taps,
                                                                               std::size_t n, float* out) {
    if (taps == 3) return weighted_row<3>(in, step, kernel, n, out);
    if (taps == 5) return weighted_row<5>(in, step, kernel, n, out);
    if (taps == 7) return weighted_row<7>(in, step, kernel, n, out);
    for (std::size_t j = 0; j < n; ++j) out[j] = 0;
    for (std::size_t k = 0; k < taps; ++k, in += step)
        for (std::size_t j = 0; j < n; ++j) out[j] += kernel[k] * in[j];
}

/// `count` rows of `n` values, `stride` apart: convolved across the rows, in place.
void convolve_across(float* rows, std::ptrdiff_t stride, std::int64_t count, std::size_t n,
                     const std::vector<float>& kernel, std::vector<float>& padded) {
    const auto radius = static_cast<std::int64_t>(kernel.size() / 2);
    padded.resize(size(count + 2 * radius) * n);
    for (std::int64_t i = -radius; i < count + radius; ++i)
        std::copy_n(rows + reflected(i, count) * stride, n, padded.data() + size(i + radius) * n);
    for (std::int64_t i = 0; i < count; ++i)
        convolve_row(padded.data() + size(i) * n, static_cast<std::ptrdiff_t>(n), kernel.data(), kernel.size(), n,
                     rows + i * stride);
}

/// A row convolved along itself, in place.
void convolve_along(float* row, std::int64_t n, const std::vector<float>& kernel, std::vector<float>& padded) {
    const auto radius = static_cast<std::int64_t>(kernel.size() / 2);
    padded.resize(size(n + 2 * radius));
    for (std::int64_t i = 1; i <= radius; ++i) {
        padded[size(radius - i)] = row[reflected(-i, n)];
        padded[size(radius + n - 1 + i)] = row[reflected(n - 1 + i, n)];
    }
    std::copy_n(row, n, padded.data() + radius);
    convolve_row(padded.data(), 1, kernel.data(), kernel.size(), size(n), row);
}

/// Where one output sample lies between two input samples.
struct Between {
    std::vector<std::int32_t> low, high;
    std::vector<float> weight;  ///< of the upper

    Between(std::int64_t from, std::int64_t to) {
        for (std::int64_t i = 0; i < to; ++i) {
            const auto at =
                std::clamp((static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5,
                           0.0, static_cast<double>(from - 1));
            const auto l = static_cast<std::int32_t>(at);
            low.push_back(l);
            high.push_back(std::min(l + 1, static_cast<std::int32_t>(from - 1)));
            weight.push_back(static_cast<float>(at - l));
        }
    }
};

__attribute__((target_clones("avx512f", "avx2", "default"))) void blend_rows(const float* a, const float* b,
                                                                             float weight, std::size_t n, float* out) {
    for (std::size_t j = 0; j < n; ++j) out[j] = a[j] + weight * (b[j] - a[j]);
}

}  // namespace

void blur(std::span<float> channel, const std::array<std::int64_t, 3>& extent, const std::array<double, 3>& sigma) {
    const auto [nx, ny, nz] = extent;
    std::vector<float> padded;
    if (sigma[0] > 0 && nx > 1) {
        const auto kernel = gaussian(sigma[0]);
        for (std::int64_t row = 0; row < ny * nz; ++row) convolve_along(channel.data() + row * nx, nx, kernel, padded);
    }
    if (sigma[1] > 0 && ny > 1) {
        const auto kernel = gaussian(sigma[1]);
        for (std::int64_t z = 0; z < nz; ++z)
            convolve_across(channel.data() + z * nx * ny, nx, ny, size(nx), kernel, padded);
    }
    if (sigma[2] > 0 && nz > 1) {
        const auto kernel = gaussian(sigma[2]);
        for (std::int64_t y = 0; y < ny; ++y)
            convolve_across(channel.data() + y * nx, nx * ny, nz, size(nx), kernel, padded);
    }
}

void lower_resolution(std::span<float> channel, const std::array<std::int64_t, 3>& extent,
                      const std::array<double, 3>& factors) {
    const auto [nx, ny, nz] = extent;
    std::array<std::int64_t, 3> small{};
    std::array<std::vector<std::int64_t>, 3> nearest;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        small[axis] = std::max<std::int64_t>(1, std::lround(static_cast<double>(extent[axis]) * factors[axis]));
        for (std::int64_t i = 0; i < small[axis]; ++i)
            nearest[axis].push_back((2 * i + 1) * extent[axis] / (2 * small[axis]));
    }
    const Between along_x(small[0], nx), along_y(small[1], ny), along_z(small[2], nz);
    // The planes that are kept, each at full width and height again …
    const auto plane = size(nx * ny), row = size(nx);
    std::vector<float> planes(size(small[2]) * plane), kept_row(size(small[0])), wide(size(small[1]) * row);
    for (std::int64_t z = 0; z < small[2]; ++z) {
        for (std::int64_t y = 0; y < small[1]; ++y) {
            const auto* from = channel.data() + (nearest[2][size(z)] * ny + nearest[1][size(y)]) * nx;
            for (std::size_t x = 0; x < kept_row.size(); ++x) kept_row[x] = from[nearest[0][x]];
            auto* to = wide.data() + size(y) * row;
            for (std::size_t x = 0; x < row; ++x) {
                const auto a = kept_row[size(along_x.low[x])], b = kept_row[size(along_x.high[x])];
                to[x] = a + along_x.weight[x] * (b - a);
            }
        }
        for (std::size_t y = 0; y < size(ny); ++y)
            blend_rows(wide.data() + size(along_y.low[y]) * row, wide.data() + size(along_y.high[y]) * row,
                       along_y.weight[y], row, planes.data() + size(z) * plane + y * row);
    }
    // … and blended across.
    for (std::size_t z = 0; z < size(nz); ++z)
        blend_rows(planes.data() + size(along_z.low[z]) * plane, planes.data() + size(along_z.high[z]) * plane,
                   along_z.weight[z], plane, channel.data() + z * plane);
}

}  // namespace cohort::augment
