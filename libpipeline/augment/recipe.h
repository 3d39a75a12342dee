// Which random changes an image undergoes, how often and how strongly. Recipes are chosen by name; training draws
// patches by them, baking and previews whole images.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/json.h"

namespace cohort::augment {

/// A quantity drawn uniformly from [low, high) with this probability, else not at all.
struct Range {
    double probability = 0;
    double low = 0;
    double high = 0;
    friend bool operator==(const Range&, const Range&) = default;
};

/// Intensities are those of z-scored images. Everything at probability 0 changes nothing. The order of the members is
/// the order in which changes are made; everything spatial is one interpolation.
///
/// In brackets what nnU-Net v2 does by default (batchgeneratorsv2 at 3cb4f07), which the recipe "nnunet" repeats:
/// probability; range. A factor or exponent that may lie on both sides of 1 is drawn below or above it with even
/// chances.
struct Recipe {
    Range shift_voxels = {};      ///< whole voxels, drawn anew along each axis longer than 1, either way [0]
    Range rotation_degrees = {};  ///< about each axis [.2; −30 to 30]
    Range in_plane_degrees = {};  ///< instead, about the coarse axis only: images of one slice, and grids with one
                                  ///< spacing above three times another [.2; −180 to 180]
    Range elongated_degrees =
        {};            ///< instead, for images of one slice more than 1.5 times as long as wide [.2; −15 to 15]
    Range scale = {};  ///< one factor for all axes (in plane only where rotations are); above 1 the object
                       ///< becomes smaller [.2; .7 to 1.4]
    Range elastic_voxels = {};  ///< standard deviation of the displacement at the nodes of a B-spline grid [0]
    double mirror = 0;          ///< probability, along each axis [.5]
    Range noise_sd = {};        ///< Gaussian noise, one standard deviation for all channels [.1; 0 to .1]
    Range blur_sigma = {};      ///< voxels; drawn per channel and axis, each channel with probability ½ [.2; .5 to 1]
    Range brightness = {};      ///< factor per channel [.15; .75 to 1.25]
    Range contrast = {};        ///< factor about the mean per channel, within the former range [.15; .75 to 1.25]
    Range low_resolution = {};  ///< factor of the grid (in plane only where rotations are) that a channel is sampled
                                ///< down to and up again, each channel with probability ½ [.25; .5 to 1]
    Range inverted_gamma = {};  ///< exponent, on the negative; keeps mean and standard deviation [.1; .7 to 1.5]
    Range gamma = {};           ///< exponent; keeps mean and standard deviation [.3; .7 to 1.5]
    friend bool operator==(const Recipe&, const Recipe&) = default;
};

struct NamedRecipe {
    std::string_view name;
    std::string_view about;
    Recipe recipe;
};

/// Every recipe that --augmentation and --recipe take.
std::span<const NamedRecipe> all_recipes();
/// Error(usage) with "did you mean" for an unknown name.
const Recipe& recipe_named(std::string_view name);

/// One member of a recipe by name, with what it may be set to.
struct Transform {
    std::string_view name;  ///< "noise-sd"
    Range Recipe::*range;   ///< null: the probability `mirror`
    double least = 0;       ///< of the range's ends
    double most = 0;
};
std::span<const Transform> all_transforms();

/// NAME=PROBABILITY or NAME=PROBABILITY:LOW:HIGH ("noise-sd=.5:0:.2"); without a range the recipe's own stays. Returns
/// a sentence that says what is wrong, or "".
std::string change_recipe(Recipe& recipe, std::string_view text);

/// The recipe of that name with these changes made, in order; Error(usage) with the sentence of the first fault.
Recipe changed_recipe(std::string_view name, std::span<const std::string> changes);

/// {"noise_sd": {"probability", "low", "high"}, …, "mirror": {"probability"}}; what never happens is left out.
Json to_json(const Recipe& recipe);

}  // namespace cohort::augment
