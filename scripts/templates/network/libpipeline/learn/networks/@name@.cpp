#include "learn/networks/@name@.h"

namespace cohort::learn {
namespace {

std::int64_t layers(const Plan& plan) { return 2 * plan.convolutions; }

}  // namespace

std::vector<WantedWeight> @name@_weights(const Plan& plan, std::int64_t channels, std::int64_t classes) {
    const auto& stage = plan.stages.front();
    std::vector<WantedWeight> list;
    for (std::int64_t i = 0; i < layers(plan); ++i)
        want_convolution(list, "layer" + std::to_string(i), stage.features, i == 0 ? channels : stage.features, stage.kernel);
    list.push_back({"head.weight", kernel_shape(classes, stage.features, {1, 1, 1}), WeightKind::head_weight});
    list.push_back({"head.bias", {classes}, WeightKind::head_bias});
    return list;
}

std::vector<at::Tensor> @name@_forward(const Plan& plan, std::span<const at::Tensor> weights, const at::Tensor& input) {
    std::size_t next = 0;  // weights are listed in the order of use
    auto x = input;
    for (std::int64_t i = 0; i < layers(plan); ++i)
        x = normalised_convolution(x, weights, next, plan.stages.front().kernel, {1, 1, 1});
    return {at::conv3d(x, weights[next], weights[next + 1])};
}

}  // namespace cohort::learn
