// What is trained and how: network, patch, batch, optimiser. Each choice carries its reason.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.h"
#include "core/json.h"
#include "learn/plan/precision.h"

namespace cohort::learn {

/// Along x, y, z, in voxels. 2D images are volumes of one slice.
using Extent3 = std::array<std::int64_t, 3>;

enum class Optimiser { adamw, sgd };
enum class Schedule { cosine, poly };

std::string_view name_of(Optimiser optimiser);
std::string_view name_of(Schedule schedule);
std::string_view name_of(Precision precision);

/// One encoder stage of the U-Net; the decoder mirrors it. The first convolution of a stage carries the stride.
struct Stage {
    std::int64_t features = 8;
    Extent3 stride{1, 1, 1};
    Extent3 kernel{3, 3, 3};
    friend bool operator==(const Stage&, const Stage&) = default;
};

struct Plan {
    std::string network = "unet";   ///< a name of all_networks()
    Extent3 patch{32, 32, 32};      ///< divisible by the product of the strides per axis
    std::vector<Stage> stages;      ///< 2 to 8, highest resolution first
    std::int64_t convolutions = 2;  ///< per stage, encoder and decoder alike
    bool deep_supervision = false;  ///< a loss on every decoder stage but the lowest
    std::int64_t batch = 2;
    Precision precision = Precision::float32;
    Optimiser optimiser = Optimiser::adamw;
    Schedule schedule = Schedule::poly;
    double learning_rate = 3e-3;
    double weight_decay = 3e-5;
    double weight_averaging = 0.999;        ///< share of the average that a step keeps, e.g. .999; 0: no average
    double foreground_share = 1.0 / 3;      ///< of a batch, placed on a voxel of a drawn foreground class
    std::string augmentation = "strong";    ///< a recipe of augment/recipe.h
    std::vector<std::string> transforms;    ///< changes of that recipe, as augment::change_recipe() takes them

    std::map<std::string, std::string> reasons;  ///< by name of the choice, as in plan.json

    /// Product of all strides: what the patch must be divisible by, and how much smaller the bottleneck is.
    Extent3 total_stride() const;
};

/// {"format": 1, "network": "unet", "choices": {"patch_size": {"value": [x, y, z], "reason": "…"}, …}}
Json to_json(const Plan& plan);
/// Checks every range and that the patch fits the strides; Error(bad_input) naming `where`.
Plan plan_from_json(const Json& json, std::string_view where);

/// SHA-256 of the canonical form: checkpoints carry it, so that one from another plan is noticed.
Digest plan_digest(const Plan& plan);

/// Feature-map values that one sample of the network keeps for the backward pass, and its number of weights.
struct NetworkSize {
    std::int64_t feature_values = 0;
    std::int64_t weights = 0;
};
NetworkSize network_size(const Plan& plan, std::int64_t channels, std::int64_t classes);

/// Bytes that training needs at once (weights, moments, feature maps with norms and gradients, LibTorch itself): an
/// upper estimate, checked against --memory before the first allocation.
std::uint64_t training_bytes(const Plan& plan, std::int64_t channels, std::int64_t classes);
std::uint64_t prediction_bytes(const Plan& plan, std::int64_t channels, std::int64_t classes);

}  // namespace cohort::learn
