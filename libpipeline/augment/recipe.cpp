#include "augment/recipe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/files.h"

namespace cohort::augment {
namespace {

constexpr Range never{};

/// nnU-Net v2's default trainer: batchgeneratorsv2 as read at 3cb4f07 (its elastic deformation has probability 0).
constexpr Recipe nnunet{.shift_voxels = never,
                        .rotation_degrees = {0.2, -30, 30},
                        .in_plane_degrees = {0.2, -180, 180},
                        .elongated_degrees = {0.2, -15, 15},
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
                          .elongated_degrees = {0.3, -15, 15},
                          .scale = {0.3, 0.85, 1.2},
                          .noise_sd = {0.3, 0, 0.1},
                          .brightness = {0.15, 0.85, 1.15},
                          .contrast = {0.15, 0.85, 1.15},
                          .gamma = {0.2, 0.8, 1.25}};

/// Wider, with elastic deformation: what generalised best on small structures in tens of minutes.
constexpr Recipe strong{.shift_voxels = {1.0, 0, 4},
                        .rotation_degrees = {0.3, -25, 25},
                        .in_plane_degrees = {0.3, -30, 30},
                        .elongated_degrees = {0.3, -15, 15},
                        .scale = {0.3, 0.75, 1.3},
                        .elastic_voxels = {0.3, 0.5, 2.5},
                        .noise_sd = {0.3, 0, 0.1},
                        .brightness = {0.15, 0.85, 1.15},
                        .contrast = {0.15, 0.85, 1.15},
                        .gamma = {0.3, 0.7, 1.5}};

constexpr std::array recipes{
    NamedRecipe{"light", "Shifts of up to 4 voxels and a little noise: costs no time.", light},
    NamedRecipe{"moderate", "Small shifts, rotations, scalings and changes of intensity; nothing is mirrored.",
                moderate},
    NamedRecipe{"nnunet", "What nnU-Net v2 does by default, all axes mirrored.", nnunet},
    NamedRecipe{"nnunet-elastic", "The same with elastic deformation.", with_elastic(nnunet)},
    NamedRecipe{"none", "Nothing is changed.", Recipe{}},
    NamedRecipe{"strong", "As moderate, further, and with elastic deformation; nothing is mirrored.", strong},
};

// Limits: beyond them a change is a slip of the hand, or its arithmetic ends.
constexpr std::array transforms{
    Transform{"shift-voxels", &Recipe::shift_voxels, 0, 10000},
    Transform{"rotation-degrees", &Recipe::rotation_degrees, -360, 360},
    Transform{"in-plane-degrees", &Recipe::in_plane_degrees, -360, 360},
    Transform{"elongated-degrees", &Recipe::elongated_degrees, -360, 360},
    Transform{"scale", &Recipe::scale, 0.1, 10},
    Transform{"elastic-voxels", &Recipe::elastic_voxels, 0, 100},
    Transform{"mirror", nullptr},
    Transform{"noise-sd", &Recipe::noise_sd, 0, 100},
    Transform{"blur-sigma", &Recipe::blur_sigma, 0, 20},
    Transform{"brightness", &Recipe::brightness, 0, 10},
    Transform{"contrast", &Recipe::contrast, 0, 10},
    Transform{"low-resolution", &Recipe::low_resolution, 0.05, 1},
    Transform{"inverted-gamma", &Recipe::inverted_gamma, 0.1, 5},
    Transform{"gamma", &Recipe::gamma, 0.1, 5},
};

std::string listed_transforms() {
    std::string text;
    for (const auto& transform : transforms) text += (text.empty() ? "" : ", ") + std::string(transform.name);
    return text;
}

/// The numbers between colons; nothing if one is none.
std::vector<double> numbers_of(std::string_view text) {
    std::vector<double> numbers;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(':', at), text.size());
        double value = 0;
        const auto [last, fault] = std::from_chars(text.data() + at, text.data() + end, value);
        if (fault != std::errc{} || last != text.data() + end || !std::isfinite(value)) return {};
        numbers.push_back(value);
        at = end + 1;
    }
    return numbers;
}

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

std::span<const Transform> all_transforms() { return transforms; }

std::string change_recipe(Recipe& recipe, std::string_view text) {
    const auto equals = text.find('=');
    const std::string name(text.substr(0, equals)), whole(text);
    const auto* transform =
        std::find_if(transforms.begin(), transforms.end(), [&](const auto& t) { return t.name == name; });
    if (transform == transforms.end()) {
        std::vector<std::string> known;
        known.reserve(transforms.size());
        for (const auto& t : transforms) known.emplace_back(t.name);
        const auto nearest = did_you_mean(name, known);
        return "there is no transform '" + printable(name) + "'; " + nearest +
               (nearest.empty() ? "known are " : "Known are ") + listed_transforms() + ".";
    }
    const auto numbers = equals == std::string_view::npos ? std::vector<double>{} : numbers_of(text.substr(equals + 1));
    const bool has_range = transform->range != nullptr;
    if (numbers.size() != 1 && !(has_range && numbers.size() == 3))
        return "'" + printable(whole) + "': write " + name + "=PROBABILITY" +
               (has_range ? " or " + name + "=PROBABILITY:LOW:HIGH." : ".");
    if (numbers[0] < 0 || numbers[0] > 1) return "'" + printable(whole) + "': a probability lies from 0 to 1.";
    if (!has_range) {
        recipe.mirror = numbers[0];
        return {};
    }
    auto& range = recipe.*(transform->range);
    if (numbers.size() == 3) {
        if (numbers[1] > numbers[2] || numbers[1] < transform->least || numbers[2] > transform->most)
            return "'" + printable(whole) + "': the range must rise and lie from " + shortest(transform->least) +
                   " to " + shortest(transform->most) + ".";
        range.low = numbers[1];
        range.high = numbers[2];
    } else if (range.low == 0 && range.high == 0) {
        return "'" + printable(whole) + "': the recipe has no range for it; write " + name + "=PROBABILITY:LOW:HIGH.";
    }
    range.probability = numbers[0];
    return {};
}

Recipe changed_recipe(std::string_view name, std::span<const std::string> changes) {
    Recipe recipe = recipe_named(name);
    for (const auto& change : changes)
        if (const auto fault = change_recipe(recipe, change); !fault.empty())
            throw Error(Exit::usage, "--transform: " + fault);
    return recipe;
}

Json to_json(const Recipe& recipe) {
    Json json = Json::object();
    for (const auto& transform : transforms) {
        std::string key(transform.name);
        std::replace(key.begin(), key.end(), '-', '_');
        if (transform.range == nullptr) {
            if (recipe.mirror > 0) json[key] = {{"probability", recipe.mirror}};
            continue;
        }
        const auto& range = recipe.*(transform.range);
        if (range.probability > 0)
            json[key] = {{"high", range.high}, {"low", range.low}, {"probability", range.probability}};
    }
    return json;
}

}  // namespace cohort::augment
