#include <cmath>

#include "apps/curate/checks/check.h"
#include "core/spatial_shape.h"

namespace cohort::curate {
namespace {

std::string text_of(const Shape& shape) {
    std::string text;
    for (const auto n : shape) text += (text.empty() ? "" : "×") + std::to_string(n);
    return text;
}

/// A distance in a sentence: three digits will do.
std::string millimetres(double mm) {
    if (!std::isfinite(mm)) return "only one of them has a place in the world";
    return "their corners are up to " + shortest(std::round(mm * 1000) / 1000) + " mm apart";
}

Findings compare_with_image(const SampleFacts& facts, const auto& concerns) {
    Findings findings;
    const auto* image = facts.sample.first_with(store::Role::image);
    if (!image) return findings;
    const auto image_shape = spatial_shape(image->shape, image->axes);
    for (const auto& array : facts.arrays) {
        if (array.info == image || !concerns(array.info->role)) continue;
        const auto shape = spatial_shape(array.info->shape, array.info->axes);
        if (same_grid(image->geometry, image_shape, array.info->geometry, shape)) continue;
        if (shape != image_shape) {
            findings.push_back({array.name + " has " + text_of(shape) + " voxels, its image " + text_of(image_shape) + ".",
                                {{"array", array.name}, {"shape", shape}, {"image_shape", image_shape}}});
            continue;
        }
        const double mm = corner_distance_mm(image->geometry, array.info->geometry, shape);
        findings.push_back({array.name + " and its image lie on different grids: " + millimetres(mm) + ".",
                            {{"array", array.name}, {"corner_distance_mm", null_if_not_finite(mm)}}});
    }
    return findings;
}

}  // namespace

Findings find_geometry_mismatch(const SampleFacts& facts, const LabelTable&) {
    return compare_with_image(facts, [](store::Role role) { return role == store::Role::label; });
}

Findings find_grid_mismatch(const SampleFacts& facts, const LabelTable&) {
    return compare_with_image(facts, [](store::Role role) { return role != store::Role::label; });
}

}  // namespace cohort::curate
