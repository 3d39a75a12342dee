#include "augment/sample_transform.h"

#include <cmath>
#include <numbers>

namespace cohort::augment {

SampleTransform draw_transform(const Recipe& recipe, const std::array<std::int64_t, 3>& extent, std::uint64_t seed,
                               std::uint64_t item) {
    RandomStream random(seed, "augment", item);
    SampleTransform drawn;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const bool shifted = random.chance(recipe.shift_voxels.probability);
        const auto length = random.uniform(recipe.shift_voxels.low, recipe.shift_voxels.high + 1);
        const bool backwards = random.chance(0.5);
        if (!shifted || extent[axis] == 1) continue;
        const auto voxels = static_cast<std::int64_t>(std::floor(length));
        drawn.shift_voxels[axis] = backwards ? -voxels : voxels;
    }
    const bool noisy = random.chance(recipe.noise_sd.probability);
    const auto sd = random.uniform(recipe.noise_sd.low, recipe.noise_sd.high);
    if (noisy) drawn.noise_sd = sd;
    return drawn;
}

void apply_intensity(const SampleTransform& transform, std::span<float> image, std::uint64_t seed, std::uint64_t item) {
    if (transform.noise_sd <= 0) return;
    // Box–Muller in float on pairs: noise needs no more than 24 bits.
    RandomStream random(seed, "noise", item);
    const auto sd = static_cast<float>(transform.noise_sd);
    constexpr float to_unit = 0x1p-24f;
    for (std::size_t i = 0; i < image.size(); i += 2) {
        const auto u = (static_cast<float>(random.next_u32() >> 8) + 0.5f) * to_unit;
        const auto angle = static_cast<float>(random.next_u32() >> 8) * (to_unit * 2 * std::numbers::pi_v<float>);
        const auto radius = sd * std::sqrt(-2 * std::log(u));
        image[i] += radius * std::cos(angle);
        if (i + 1 < image.size()) image[i + 1] += radius * std::sin(angle);
    }
}

}  // namespace cohort::augment
