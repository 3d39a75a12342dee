#include "augment/recipe.h"

#include "core/error.h"

namespace cohort::augment {
namespace {

constexpr std::array recipes{
    NamedRecipe{"light", "Shifts of up to 4 voxels and a little noise: costs no time.",
                Recipe{.shift_voxels = {1.0, 0, 4}, .noise_sd = {0.5, 0, 0.1}}},
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
    throw Error(Exit::usage, "No augmentation recipe is called '" + std::string(name) + "'; " + did_you_mean(name, known) +
                                 "choose one that --help lists.");
}

}  // namespace cohort::augment
