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

/// Intensities are those of z-scored images. Everything at probability 0 changes nothing. The order of the members is
/// the order in which changes are made; everything spatial is one interpolation.
struct Recipe {
    Range shift_voxels = {};      ///< whole voxels, drawn anew along each axis longer than 1, either way
    Range rotation_degrees = {};  ///< about each axis
    Range in_plane_degrees = {};  ///< instead, about the coarse axis only, for 2D and for strongly anisotropic images
    Range scale = {};             ///< above 1 the object becomes smaller; one factor for all axes
    Range elastic_voxels = {};    ///< standard deviation of the displacement at the nodes of a B-spline grid
    double mirror = 0;            ///< probability, along each axis
    Range noise_sd = {};          ///< Gaussian noise, one standard deviation for all channels
    Range blur_sigma = {};        ///< voxels; drawn per channel and axis, each channel with probability ½
    Range brightness = {};        ///< factor per channel
    Range contrast = {};          ///< factor about the mean per channel, within the former minimum and maximum
    Range low_resolution = {};    ///< factor of the grid that a channel is sampled down to and up again, each with ½
    Range inverted_gamma = {};    ///< exponent, on the negative; keeps mean and standard deviation
    Range gamma = {};             ///< exponent; keeps mean and standard deviation
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
