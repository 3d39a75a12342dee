#include "learn/plan/choose_plan.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace cohort::learn {
namespace {

constexpr std::int64_t smallest_bottom = 4;  // voxels that an axis keeps at the lowest stage
constexpr std::int64_t cpu_patch_voxels = std::int64_t{128} * 1024;
constexpr std::int64_t gpu_patch_voxels = std::int64_t{128} * 128 * 128;

template <class T>
T median(std::vector<T> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

std::string text_of(const Extent3& e) {
    return std::to_string(e[0]) + "×" + std::to_string(e[1]) + "×" + std::to_string(e[2]);
}

struct Topology {
    std::vector<Extent3> strides{{1, 1, 1}};
    std::vector<Extent3> kernels;
};

/// nnU-Net's rule for one patch; at most `most_stages` stages.
Topology topology(const Extent3& patch, const std::array<double, 3>& spacing_mm, std::int64_t most_stages) {
    Topology result;
    auto size = patch;
    auto spacing = spacing_mm;
    Extent3 kernel{1, 1, 1};
    const auto widen_kernel = [&] {
        const auto finest = *std::min_element(spacing.begin(), spacing.end());
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (spacing[axis] / finest < 2 && patch[axis] > 1) kernel[axis] = 3;
    };
    while (static_cast<std::int64_t>(result.strides.size()) < most_stages) {
        double finest = INFINITY;
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (size[axis] >= 2 * smallest_bottom) finest = std::min(finest, spacing[axis]);
        Extent3 stride{1, 1, 1};
        std::size_t halved = 0, last = 0;
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (size[axis] >= 2 * smallest_bottom && spacing[axis] / finest < 2)
                stride[axis] = 2, ++halved, last = axis;
        if (halved == 0 || (halved == 1 && size[last] < 3 * smallest_bottom)) break;
        widen_kernel();
        result.kernels.push_back(kernel);
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (stride[axis] == 2) spacing[axis] *= 2, size[axis] = (size[axis] + 1) / 2;
        result.strides.push_back(stride);
    }
    widen_kernel();
    result.kernels.push_back(kernel);
    return result;
}

Extent3 total_of(const std::vector<Extent3>& strides) {
    Extent3 total{1, 1, 1};
    for (const auto& stride : strides)
        for (std::size_t axis = 0; axis < 3; ++axis) total[axis] *= stride[axis];
    return total;
}

Extent3 rounded_up(Extent3 patch, const Extent3& unit) {
    for (std::size_t axis = 0; axis < 3; ++axis) patch[axis] = (patch[axis] + unit[axis] - 1) / unit[axis] * unit[axis];
    return patch;
}

std::int64_t voxels_of(const Extent3& e) { return e[0] * e[1] * e[2]; }

/// The patch and its topology, which depend on each other: rounding follows the strides, strides follow the size.
std::pair<Extent3, Topology> fitted_patch(Extent3 patch, const std::array<double, 3>& spacing_mm, std::int64_t stages,
                                          std::int64_t most_voxels, const Extent3& shape) {
    while (true) {
        const auto way = topology(patch, spacing_mm, stages);
        const auto unit = total_of(way.strides);
        const auto rounded = rounded_up(patch, unit);
        if (voxels_of(rounded) <= most_voxels) return {rounded, way};
        // The axis that covers most of its image can spare most.
        std::size_t widest = 3;
        double share = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const auto here = static_cast<double>(rounded[axis]) / static_cast<double>(shape[axis]);
            if (rounded[axis] > unit[axis] && here >= share) widest = axis, share = here;
        }
        if (widest == 3) return {rounded, way};
        patch = rounded;
        patch[widest] -= unit[widest];
    }
}

Plan with_training_choices(Plan plan, const PlanWishes& wishes) {
    if (wishes.batch) plan.batch = *wishes.batch, plan.reasons["batch_size"] = "given";
    if (wishes.precision) plan.precision = *wishes.precision, plan.reasons["precision"] = "given";
    if (wishes.optimiser) {
        plan.optimiser = *wishes.optimiser, plan.reasons["optimiser"] = "given";
        if (!wishes.learning_rate) {
            plan.learning_rate = plan.optimiser == Optimiser::sgd ? 1e-2 : 3e-3;
            plan.reasons["learning_rate"] = "usual for " + std::string(name_of(plan.optimiser));
        }
        if (!wishes.weight_decay && plan.optimiser == Optimiser::sgd) {
            plan.weight_decay = 3e-5;
            plan.reasons["weight_decay"] = "light, as nnU-Net has it";
        }
    }
    if (wishes.schedule) plan.schedule = *wishes.schedule, plan.reasons["schedule"] = "given";
    if (wishes.learning_rate) plan.learning_rate = *wishes.learning_rate, plan.reasons["learning_rate"] = "given";
    if (wishes.weight_decay) plan.weight_decay = *wishes.weight_decay, plan.reasons["weight_decay"] = "given";
    if (wishes.weight_averaging)
        plan.weight_averaging = *wishes.weight_averaging, plan.reasons["weight_averaging"] = "given";
    if (wishes.foreground_share)
        plan.foreground_share = *wishes.foreground_share, plan.reasons["foreground_share"] = "given";
    if (wishes.deep_supervision)
        plan.deep_supervision = *wishes.deep_supervision, plan.reasons["deep_supervision"] = "given";
    if (wishes.augmentation) {
        plan.augmentation = *wishes.augmentation, plan.reasons["augmentation"] = "given";
        plan.transforms.clear();
        plan.reasons["transforms"] = "the recipe as it is";
    }
    if (!wishes.transforms.empty()) {
        plan.transforms.insert(plan.transforms.end(), wishes.transforms.begin(), wishes.transforms.end());
        plan.reasons["transforms"] = "given";
    }
    return plan;
}

}  // namespace

Plan choose_plan(const PlanInputs& inputs, const PlanWishes& wishes) {
    Extent3 shape{};
    std::array<double, 3> spacing_mm{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        std::vector<std::int64_t> extents;
        std::vector<double> spacings;
        for (const auto& s : inputs.shapes) extents.push_back(s[axis]);
        for (const auto& s : inputs.spacings_mm) spacings.push_back(s[axis]);
        shape[axis] = median(std::move(extents));
        spacing_mm[axis] = median(std::move(spacings));
    }
    const auto budget = inputs.accelerator ? gpu_patch_voxels : cpu_patch_voxels;
    const auto device = std::string(inputs.accelerator ? "a GPU" : "CPU cores");
    const auto most_stages = wishes.stages.value_or(inputs.accelerator ? 6 : 5);
    Plan plan;
    const auto [patch, way] = wishes.patch
                                  ? fitted_patch(*wishes.patch, spacing_mm, most_stages, INT64_MAX, *wishes.patch)
                                  : fitted_patch(shape, spacing_mm, most_stages, budget, shape);
    plan.patch = patch;
    plan.reasons["patch_size"] =
        wishes.patch ? (patch == *wishes.patch ? std::string("given") : "given, rounded up to what the strides need")
                     : "the median shape is " + text_of(shape) + "; at most " + std::to_string(budget) + " voxels on " +
                           device + ", rounded to what the strides need";
    const auto width = wishes.width.value_or(inputs.accelerator ? 32 : 8);
    const std::int64_t widest = inputs.accelerator ? 320 : 128;
    for (std::size_t i = 0; i < way.strides.size(); ++i)
        plan.stages.push_back({std::min(std::max(widest, width), width << i), way.strides[i], way.kernels[i]});
    if (plan.stages.size() == 1) plan.stages.push_back({2 * width, {1, 1, 1}, way.kernels.back()});
    plan.reasons["features"] = (wishes.width ? std::string("given width") : "narrow enough for " + device) +
                               ", doubled from stage to stage up to " + std::to_string(std::max(widest, width));
    plan.reasons["strides"] = "an axis is halved while 4 voxels are left and its spacing is below twice the finest";
    plan.reasons["kernels"] = "3 along an axis once its spacing is within twice the finest, else 1";
    plan.reasons["convolutions_per_stage"] = "the usual two";
    plan.reasons["deep_supervision"] = "the loss of the full resolution suffices for shallow networks";
    plan.reasons["batch_size"] = "two patches show the optimiser more than one case, at the least memory";
    if (inputs.accelerator) plan.precision = Precision::bfloat16;
    plan.reasons["precision"] =
        inputs.accelerator ? "GPUs multiply bfloat16 several times as fast; all else is float32" : "exact on every CPU";
    plan.reasons["optimiser"] = "adamw learns fastest in short runs";
    plan.reasons["schedule"] = "decays to nothing at the end, so that the last weights are the settled ones";
    plan.reasons["learning_rate"] = "usual for adamw with small batches";
    plan.weight_decay = 0.1;
    plan.reasons["weight_decay"] = "apart from the gradient, it keeps small datasets from being learnt by heart";
    plan.reasons["weight_averaging"] =
        "the mean of the last thousand steps errs less than the last step; short runs average less";
    plan.reasons["foreground_share"] = "a third of the patches hold foreground for certain, as nnU-Net has it";
    plan.reasons["augmentation"] = "without rotations, scalings and deformation, small datasets are learnt by heart within minutes";
    plan.reasons["transforms"] = "the recipe as it is";
    plan.reasons["normalisation"] = "by the whole image's mean and standard deviation, per channel";
    return with_training_choices(std::move(plan), wishes);
}

Plan with_wishes(Plan plan, const PlanWishes& wishes) {
    if (wishes.stages) throw Error(Exit::usage, "--stages cannot change a given plan; leave out --plan or --stages.");
    if (wishes.patch) {
        plan.patch = rounded_up(*wishes.patch, plan.total_stride());
        plan.reasons["patch_size"] =
            plan.patch == *wishes.patch ? "given" : "given, rounded up to what the strides need";
    }
    if (wishes.width) {
        for (std::size_t i = 0; i < plan.stages.size(); ++i)
            plan.stages[i].features =
                std::min<std::int64_t>(std::max<std::int64_t>(320, *wishes.width), *wishes.width << i);
        plan.reasons["features"] = "given width, doubled from stage to stage";
    }
    return with_training_choices(std::move(plan), wishes);
}

}  // namespace cohort::learn
