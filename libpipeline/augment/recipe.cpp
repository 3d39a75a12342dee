#include "augment/recipe.h"

#include "core/error.h"

namespace cohort::augment {
namespace {

constexpr Range never{};

/// nnU-Net v2's default trainer: batchgeneratorsv2 as read at 3cb4f07 (its elastic deformation has probability 0).
constexpr Recipe nnunet{.shift_voxels = never,
                        .rotation_degrees = {0.2, -30, 30},
                        .in_plane_degrees = {0.2, -180, 180},
                        .scale = {0.2, 0.7, 1.4},
                        .elastic_voxels = never,
                        .mirror = 0.5,
                        .noise_sd = {0.1, 0, 0.1},
                        .blur_sigma = {0.2, 0.5, 1.0},
                        .brightness = {0.15, 0.75, 1.25},
                        .contrast = {0.15, 0.75, 1.25},
                        .low_resolution = {0.25, 0.5, 1.0},
                        .inverted_gamma = {0.1, 0.7, 1.5},
                        .gamma = {0.3, 0.7, 1.5}};

constexpr Recipe with_elastic(Recipe recipe) {
    recipe.elastic_voxels = {0.2, 0.5, 2.5};
    return recipe;
}

constexpr Recipe light{.shift_voxels = {1.0, 0, 4}, .noise_sd = {0.5, 0, 0.1}};

/// Between the two: everything small, nothing mirrored (sides may matter).
constexpr Recipe moderate{.shift_voxels = {1.0, 0, 4},
                          .rotation_degrees = {0.3, -15, 15},
                          .in_plane_degrees = {0.3, -30, 30},
                          .scale = {0.3, 0.85, 1.2},
                          .noise_sd = {0.3, 0, 0.1},
                          .brightness = {0.15, 0.85, 1.15},
                          .contrast = {0.15, 0.85, 1.15},
                          .gamma = {0.2, 0.8, 1.25}};

constexpr std::array recipes{
    NamedRecipe{"light", "Shifts of up to 4 voxels and a little noise: costs no time.", light},
    NamedRecipe{"moderate", "Small shifts, rotations, scalings and changes of intensity; nothing is mirrored.", moderate},
    NamedRecipe{"nnunet", "What nnU-Net v2 does by default, all axes mirrored.", nnunet},
    NamedRecipe{"nnunet-elastic", "The same with elastic deformation.", with_elastic(nnunet)},
    NamedRecipe{"none", "Nothing is changed.", Recipe{}},
};

}  // namespace

std::span<const NamedRecipe> all_recipes() { return recipes; }

const Recipe& recipe_named(std::string_view name) {
    std::vector<std::string> known;
    for (const auto& entry : recipes) {
        if (entry.name == name) return entry.recipe;
        known.emplace_back(entry.name);
    }
    throw Error(Exit::usage, "No augmentation recipe is called '" + std::string(name) + "'; " +
                                 did_you_mean(name, known) + "choose one that --help lists.");
}

}  // namespace cohort::augment
