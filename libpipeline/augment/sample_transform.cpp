#include "augment/sample_transform.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "augment/filters.h"
#include "augment/intensity.h"
#include "core/philox.h"

namespace cohort::augment {
namespace {

Matrix operator*(const Matrix& a, const Matrix& b) {
    Matrix product{};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            for (std::size_t k = 0; k < 3; ++k) product[i][j] += a[i][k] * b[k][j];
    return product;
}

Matrix rotation_about(std::size_t axis, double degrees) {
    const auto angle = degrees * std::numbers::pi / 180;
    const auto next = (axis + 1) % 3, after = (axis + 2) % 3;
    Matrix m{};
    m[axis][axis] = 1;
    m[next][next] = m[after][after] = std::cos(angle);
    m[next][after] = -std::sin(angle);
    m[after][next] = std::sin(angle);
    return m;
}

double drawn(const Range& range, RandomStream& random) { return random.uniform(range.low, range.high); }

/// nnU-Net's draw for factors: with even chances below 1 or above it.
double drawn_factor(const Range& range, RandomStream& random) {
    const bool lower = random.chance(0.5);
    const auto u = random.uniform();
    if (lower && range.low < 1) return range.low + u * (1 - range.low);
    const auto from = std::max(range.low, 1.0);
    return from + u * (range.high - from);
}

/// The axis about which alone a patch may turn: the flat one, or one much coarser than another; 3: none.
std::size_t lone_axis(const Extent& extent, const std::array<double, 3>& spacing_mm) {
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (extent[axis] == 1) return axis;
    const auto coarsest = std::max_element(spacing_mm.begin(), spacing_mm.end());
    if (*coarsest > 3 * *std::min_element(spacing_mm.begin(), spacing_mm.end()))
        return static_cast<std::size_t>(coarsest - spacing_mm.begin());
    return 3;
}

/// A single slice more than 1.5 times as long as wide.
bool is_elongated(const Extent& extent, std::size_t lone) {
    if (extent[lone] != 1) return false;
    const auto a = extent[(lone + 1) % 3], b = extent[(lone + 2) % 3];
    return 2 * std::max(a, b) > 3 * std::min(a, b);
}

void draw_spatial(const Recipe& recipe, const Extent& extent, const std::array<double, 3>& spacing_mm,
                  RandomStream& random, SampleTransform& t) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const bool shifted = random.chance(recipe.shift_voxels.probability);
        const auto length = random.uniform(recipe.shift_voxels.low, recipe.shift_voxels.high + 1);
        const bool backwards = random.chance(0.5);
        if (!shifted || extent[axis] == 1) continue;
        const auto voxels = static_cast<std::int64_t>(std::floor(length));
        t.shift_voxels[axis] = backwards ? -voxels : voxels;
    }
    const auto lone = lone_axis(extent, spacing_mm);
    const auto& turning = lone == 3                    ? recipe.rotation_degrees
                          : is_elongated(extent, lone) ? recipe.elongated_degrees
                                                       : recipe.in_plane_degrees;
    const bool turned = random.chance(turning.probability);
    Matrix turn{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto degrees = drawn(turning, random);
        if (turned && (lone == 3 || lone == axis)) turn = rotation_about(axis, degrees) * turn;
    }
    const bool scaled = random.chance(recipe.scale.probability);
    const auto factor = drawn(recipe.scale, random);
    t.warps = turned || scaled;
    if (t.warps)
        for (std::size_t row = 0; row < 3; ++row)
            for (std::size_t column = 0; column < 3; ++column) {
                const auto here = scaled && column != lone ? factor : 1.0;
                t.matrix[row][column] = turn[row][column] * here * spacing_mm[column] / spacing_mm[row];
            }
    for (auto& flag : t.mirrored) flag = random.chance(recipe.mirror);
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (extent[axis] == 1) t.mirrored[axis] = false;
}

void draw_intensity(const Recipe& recipe, std::size_t channels, std::size_t lone, RandomStream& random,
                    SampleTransform& t) {
    const bool noisy = random.chance(recipe.noise_sd.probability);
    const auto sd = drawn(recipe.noise_sd, random);
    if (noisy) t.noise_sd = sd;
    const bool blurred = random.chance(recipe.blur_sigma.probability),
               brightened = random.chance(recipe.brightness.probability);
    const bool contrasted = random.chance(recipe.contrast.probability),
               lowered = random.chance(recipe.low_resolution.probability);
    const bool inverted = random.chance(recipe.inverted_gamma.probability),
               gamma = random.chance(recipe.gamma.probability);
    t.channels.resize(channels);
    for (auto& change : t.channels) {
        const bool blurred_here = random.chance(0.5) && blurred;
        for (auto& sigma : change.blur_sigma) {
            const auto s = drawn(recipe.blur_sigma, random);
            if (blurred_here) sigma = s;
        }
        const auto brightness = drawn_factor(recipe.brightness, random),
                   contrast = drawn_factor(recipe.contrast, random);
        if (brightened) change.brightness = brightness;
        if (contrasted) change.contrast = contrast;
        const bool lowered_here = random.chance(0.5) && lowered;
        const auto resolution = drawn(recipe.low_resolution, random);
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (lowered_here && axis != lone) change.resolution[axis] = resolution;
        const auto first = drawn_factor(recipe.inverted_gamma, random), second = drawn_factor(recipe.gamma, random);
        if (inverted) change.inverted_gamma = first;
        if (gamma) change.gamma = second;
    }
}

}  // namespace

SpatialMap SampleTransform::map(const Extent& origin, const Extent& extent) const {
    SpatialMap result;
    for (std::size_t row = 0; row < 3; ++row) {
        result.centre[row] = static_cast<double>(origin[row]) + static_cast<double>(extent[row] - 1) / 2;
        for (std::size_t column = 0; column < 3; ++column)
            result.matrix[row][column] = mirrored[column] ? -matrix[row][column] : matrix[row][column];
    }
    result.elastic = elastic;
    return result;
}

SampleTransform draw_transform(const Recipe& recipe, const Extent& extent, const std::array<double, 3>& spacing_mm,
                               std::size_t channels, std::uint64_t seed, std::uint64_t item) {
    RandomStream random(seed, "augment", item);
    SampleTransform t;
    draw_spatial(recipe, extent, spacing_mm, random, t);
    const bool bent = random.chance(recipe.elastic_voxels.probability);
    const auto bend_sd = drawn(recipe.elastic_voxels, random);
    if (bent) {
        RandomStream nodes(seed, "elastic", item);
        t.elastic.emplace(extent, bend_sd, nodes);
        t.warps = true;
    }
    draw_intensity(recipe, channels, lone_axis(extent, spacing_mm), random, t);
    return t;
}

template <class T>
void mirror_patch(std::span<T> values, const Extent& extent, const std::array<bool, 3>& mirrored) {
    const auto nx = extent[0], ny = extent[1], nz = extent[2];
    const auto count = static_cast<std::int64_t>(values.size()) / (nx * ny * nz);
    for (std::int64_t v = 0; v < count; ++v) {
        auto* base = values.data() + v * nx * ny * nz;
        const auto row = [&](std::int64_t y, std::int64_t z) { return base + (z * ny + y) * nx; };
        if (mirrored[0])
            for (std::int64_t i = 0; i < ny * nz; ++i) std::reverse(base + i * nx, base + (i + 1) * nx);
        if (mirrored[1])
            for (std::int64_t z = 0; z < nz; ++z)
                for (std::int64_t y = 0; y < ny / 2; ++y)
                    std::swap_ranges(row(y, z), row(y, z) + nx, row(ny - 1 - y, z));
        if (mirrored[2])
            for (std::int64_t z = 0; z < nz / 2; ++z)
                std::swap_ranges(row(0, z), row(0, z) + nx * ny, row(0, nz - 1 - z));
    }
}
template void mirror_patch<float>(std::span<float>, const Extent&, const std::array<bool, 3>&);
template void mirror_patch<std::uint16_t>(std::span<std::uint16_t>, const Extent&, const std::array<bool, 3>&);

void apply_intensity(const SampleTransform& transform, const Extent& extent, std::span<float> image, std::uint64_t seed,
                     std::uint64_t item) {
    if (transform.noise_sd > 0) {
        RandomStream noise(seed, "noise", item);
        add_noise(image, transform.noise_sd, noise);
    }
    const auto voxels = static_cast<std::size_t>(extent[0] * extent[1] * extent[2]);
    for (std::size_t c = 0; c < transform.channels.size(); ++c) {
        const auto& change = transform.channels[c];
        const auto channel = image.subspan(c * voxels, voxels);
        if (change.blur_sigma[0] > 0) blur(channel, extent, change.blur_sigma);
        if (change.brightness != 1) brighten(channel, change.brightness);
        if (change.contrast != 1) change_contrast(channel, change.contrast);
        if (change.resolution != std::array<double, 3>{1, 1, 1}) lower_resolution(channel, extent, change.resolution);
        if (change.inverted_gamma != 1) change_gamma(channel, change.inverted_gamma, Negative::yes);
        if (change.gamma != 1) change_gamma(channel, change.gamma, Negative::no);
    }
}

}  // namespace cohort::augment
