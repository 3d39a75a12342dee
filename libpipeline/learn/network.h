// A network with its weights in one flat tensor. Which network it is stands in the plan (learn/networks).
#pragma once

#include <string>
#include <vector>

#include "learn/networks/architecture.h"
#include "learn/plan/plan.h"
#include "learn/tensor.h"

namespace cohort::learn {

/// All weights are views of one flat tensor, so that optimiser and checkpoint handle a single array.
class Network {
public:
    Network(const Plan& plan, std::int64_t channels, std::int64_t classes, std::uint64_t seed, at::Device device);

    /// input [N, channels, z, y, x] → logits [N, classes, z, y, x]; with deep supervision further, each at its decoder
    /// stage's resolution, highest first.
    std::vector<at::Tensor> forward(const at::Tensor& input) const { return forward(input, views_); }
    /// The same with other weights, as views_of gives them.
    std::vector<at::Tensor> forward(const at::Tensor& input, const std::vector<at::Tensor>& weights) const;
    /// Every weight as a view of `flat`, which is laid out as flat() is.
    std::vector<at::Tensor> views_of(const at::Tensor& flat) const;

    struct Weight {
        std::string name;
        std::vector<std::int64_t> shape;
        std::int64_t begin = 0;  ///< in the flat tensor
        at::Tensor view;         ///< requires grad; its gradient is a view of flat_gradient()
    };
    const std::vector<Weight>& weights() const { return weights_; }
    at::Tensor flat() const { return flat_; }
    at::Tensor flat_gradient() const { return gradient_; }

private:
    void draw_weights(const std::vector<WantedWeight>& wanted, std::uint64_t seed, at::Device device);

    Plan plan_;
    const Architecture& architecture_;
    std::vector<Weight> weights_;
    std::vector<at::Tensor> views_;  ///< of weights_, in the same order
    at::Tensor flat_, gradient_;
};

}  // namespace cohort::learn
