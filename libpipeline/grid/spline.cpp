#include "grid/spline.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"

namespace cohort::grid {
namespace {

const float pole = static_cast<float>(std::sqrt(3.0) - 2.0);
constexpr float gain = 6.0F;  // (1 − pole)·(1 − 1/pole)

/// Weights of the causal start: c⁺[0] = Σ weight[k]·s[k] over the mirrored line, cut where it no longer counts.
std::vector<float> start_weights(std::int64_t n) {
    constexpr std::int64_t horizon = 24;  // |pole|^24 < 2·10⁻¹⁴
    const double z = std::sqrt(3.0) - 2.0;
    std::vector<float> weights;
    if (n > horizon) {
        for (std::int64_t k = 0; k < horizon; ++k) weights.push_back(static_cast<float>(std::pow(z, k)));
        return weights;
    }
    // One period of the mirrored line holds 2n − 2 samples: inner ones twice.
    const double period = 1 - std::pow(z, 2 * n - 2);
    for (std::int64_t k = 0; k < n; ++k) {
        const double back = k == 0 || k == n - 1 ? 0 : std::pow(z, 2 * n - 2 - k);
        weights.push_back(static_cast<float>((std::pow(z, k) + back) / period));
    }
    return weights;
}

/// Filters `width` neighbouring lines at once: element k of line j is at data[k·stride + j].
void filter_lines(float* data, std::int64_t n, std::int64_t stride, std::int64_t width, const std::vector<float>& weights,
                  std::vector<float>& start) {
    start.assign(static_cast<std::size_t>(width), 0.0F);
    for (std::size_t k = 0; k < weights.size(); ++k) {
        const float* row = data + static_cast<std::int64_t>(k) * stride;
        for (std::int64_t j = 0; j < width; ++j) start[static_cast<std::size_t>(j)] += weights[k] * row[j];
    }
    for (std::int64_t j = 0; j < width; ++j) data[j] = gain * start[static_cast<std::size_t>(j)];
    for (std::int64_t k = 1; k < n; ++k) {
        float* row = data + k * stride;
        const float* before = row - stride;
        for (std::int64_t j = 0; j < width; ++j) row[j] = gain * row[j] + pole * before[j];
    }
    float* last = data + (n - 1) * stride;
    const float* inner = last - stride;
    const float end = pole / (pole * pole - 1);
    for (std::int64_t j = 0; j < width; ++j) last[j] = end * (last[j] + pole * inner[j]);
    for (std::int64_t k = n - 1; k-- > 0;) {
        float* row = data + k * stride;
        const float* after = row + stride;
        for (std::int64_t j = 0; j < width; ++j) row[j] = pole * (after[j] - row[j]);
    }
}

/// Lines along x lie one after another: blocks of them are turned, filtered side by side, and turned back.
void filter_x(float* plane, std::int64_t nx, std::int64_t rows, const std::vector<float>& weights,
              std::vector<float>& turned, std::vector<float>& start) {
    constexpr std::int64_t lanes = 16;
    turned.resize(static_cast<std::size_t>(nx * lanes));
    for (std::int64_t first = 0; first < rows; first += lanes) {
        const auto count = std::min(lanes, rows - first);
        float* block = plane + first * nx;
        for (std::int64_t j = 0; j < count; ++j)
            for (std::int64_t k = 0; k < nx; ++k) turned[static_cast<std::size_t>(k * lanes + j)] = block[j * nx + k];
        filter_lines(turned.data(), nx, lanes, count, weights, start);
        for (std::int64_t j = 0; j < count; ++j)
            for (std::int64_t k = 0; k < nx; ++k) block[j * nx + k] = turned[static_cast<std::size_t>(k * lanes + j)];
    }
}

}  // namespace

void spline_coefficients(std::span<float> voxels, const std::array<std::int64_t, 3>& n, unsigned threads) {
    const auto [nx, ny, nz] = n;
    const auto wx = start_weights(nx), wy = start_weights(ny), wz = start_weights(nz);
    parallel_for(static_cast<std::size_t>(nz), threads, [&, nx = nx, ny = ny](std::size_t z) {
        std::vector<float> turned, start;
        float* plane = voxels.data() + static_cast<std::int64_t>(z) * nx * ny;
        if (nx > 1) filter_x(plane, nx, ny, wx, turned, start);
        if (ny > 1) filter_lines(plane, ny, nx, nx, wy, start);
    });
    if (nz == 1) return;
    parallel_for(static_cast<std::size_t>(ny), threads, [&, nx = nx, ny = ny, nz = nz](std::size_t y) {
        std::vector<float> start;
        filter_lines(voxels.data() + static_cast<std::int64_t>(y) * nx, nz, nx * ny, nx, wz, start);
    });
}

}  // namespace cohort::grid
