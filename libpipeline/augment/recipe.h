// Which random changes a training patch undergoes, how often and how strongly. Recipes are chosen by name.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::augment {

/// A quantity drawn uniformly from [low, high) with this probability, else not at all.
struct Range {
    double probability = 0;
    double low = 0;
    double high = 0;
};

/// Strengths are for z-scored intensities. Everything at probability 0 changes nothing.
struct Recipe {
    Range shift_voxels;  ///< whole voxels, drawn anew along each axis longer than 1, either way
    Range noise_sd;      ///< Gaussian noise, one standard deviation for all channels
};

struct NamedRecipe {
    std::string_view name;
    std::string_view about;
    Recipe recipe;
};

/// Every recipe that --augmentation takes.
std::span<const NamedRecipe> all_recipes();
/// Error(usage) with "did you mean" for an unknown name.
const Recipe& recipe_named(std::string_view name);

}  // namespace cohort::augment
