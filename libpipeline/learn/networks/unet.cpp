#include "learn/networks/unet.h"

#include "learn/layers.h"

namespace cohort::learn {
namespace {

void want_stage(std::vector<WantedWeight>& list, const Plan& plan, const std::string& where, const Stage& stage,
                std::int64_t in) {
    for (std::int64_t i = 0; i < plan.convolutions; ++i)
        want_convolution(list, where + ".conv" + std::to_string(i), stage.features, i == 0 ? in : stage.features,
                         stage.kernel);
}

at::Tensor run_stage(at::Tensor x, const at::Tensor& joined, const Plan& plan, std::span<const at::Tensor> weights,
                     std::size_t& next, const Extent3& stride) {
    x = normalised_convolution(x, joined, weights, next, stride, plan.precision);
    for (std::int64_t i = 1; i < plan.convolutions; ++i)
        x = normalised_convolution(x, {}, weights, next, {1, 1, 1}, plan.precision);
    return x;
}

}  // namespace

std::vector<WantedWeight> unet_weights(const Plan& plan, std::int64_t channels, std::int64_t classes) {
    std::vector<WantedWeight> list;
    const auto stages = plan.stages.size();
    for (std::size_t s = 0; s < stages; ++s)
        want_stage(list, plan, "encoder" + std::to_string(s), plan.stages[s],
                   s == 0 ? channels : plan.stages[s - 1].features);
    for (std::size_t s = stages - 1; s-- > 0;) {
        const auto name = "decoder" + std::to_string(s);
        const auto& lower = plan.stages[s + 1];
        list.push_back({name + ".up.weight", kernel_shape(lower.features, plan.stages[s].features, lower.stride),
                        WeightKind::transposed});
        want_stage(list, plan, name, plan.stages[s], 2 * plan.stages[s].features);
        if (s > 0 && !plan.deep_supervision) continue;
        list.push_back({name + ".head.weight", kernel_shape(classes, plan.stages[s].features, {1, 1, 1}),
                        WeightKind::head_weight});
        list.push_back({name + ".head.bias", {classes}, WeightKind::head_bias});
    }
    return list;
}

std::vector<at::Tensor> unet_forward(const Plan& plan, std::span<const at::Tensor> weights, const at::Tensor& input) {
    std::size_t next = 0;  // weights are listed in the order of use
    std::vector<at::Tensor> skips;
    auto x = input;
    for (const auto& stage : plan.stages) {
        x = run_stage(x, {}, plan, weights, next, stage.stride);
        skips.push_back(x);
    }
    std::vector<at::Tensor> logits;
    for (std::size_t s = plan.stages.size() - 1; s-- > 0;) {
        x = upsample(x, weights[next++], plan.stages[s + 1].stride, plan.precision);
        x = run_stage(x, skips[s], plan, weights, next, {1, 1, 1});
        if (s > 0 && !plan.deep_supervision) continue;
        logits.insert(logits.begin(), convolve(x, {}, weights[next], weights[next + 1], {1, 1, 1}, plan.precision));
        next += 2;
    }
    return logits;
}

}  // namespace cohort::learn
