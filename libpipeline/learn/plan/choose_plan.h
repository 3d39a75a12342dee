// A plan from the shapes and spacings of a dataset, with the reason beside each choice.
#pragma once

#include <optional>

#include "learn/plan/plan.h"

namespace cohort::learn {

/// What the choice depends on.
struct PlanInputs {
    std::vector<Extent3> shapes;                     ///< of the training images, x, y, z; at least one
    std::vector<std::array<double, 3>> spacings_mm;  ///< of the same
    std::int64_t channels = 1;
    std::int64_t classes = 2;
    bool accelerator = false;  ///< a GPU affords wider networks and larger patches
};

/// What the user fixed; everything else is chosen.
struct PlanWishes {
    std::optional<Extent3> patch;
    std::optional<std::int64_t> stages;
    std::optional<std::int64_t> width;  ///< features of the first stage
    std::optional<std::int64_t> batch;
    std::optional<Precision> precision;
    std::optional<Optimiser> optimiser;
    std::optional<Schedule> schedule;
    std::optional<double> learning_rate;
    std::optional<double> weight_decay;
    std::optional<double> foreground_share;
    std::optional<bool> deep_supervision;
    std::optional<double> weight_averaging;
    std::optional<std::string> augmentation;
    std::vector<std::string> transforms;  ///< added to the plan's
};

/// Strides and kernels follow nnU-Net's rule (Isensee et al., Nature Methods 18 (2021), 203–211): an axis is halved
/// while it keeps at least 4 voxels at the bottom and its spacing is below twice the finest; its kernel is 3 as soon as
/// its spacing is within twice the finest. The patch is the median shape, shrunk along its relatively longest axis
/// until the device's budget of voxels holds, then rounded up to what the strides need. A wished patch is rounded up
/// likewise.
Plan choose_plan(const PlanInputs& inputs, const PlanWishes& wishes);

/// `plan` with the wishes put in (those that change strides need a patch that fits: Error usage otherwise).
Plan with_wishes(Plan plan, const PlanWishes& wishes);

}  // namespace cohort::learn
