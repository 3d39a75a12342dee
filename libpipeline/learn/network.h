// The U-Net: convolution, instance norm, leaky ReLU; strided convolutions down, transposed convolutions up.
//
// Ronneberger, Fischer, Brox, MICCAI 2015 (arXiv 1505.04597), in nnU-Net's form (reference in plan/choose_plan.h).
#pragma once

#include <string>
#include <vector>

#include "learn/plan/plan.h"
#include "learn/tensor.h"

namespace cohort::learn {

/// All weights are views of one flat tensor, so that optimiser and checkpoint handle a single array.
class Network {
public:
    Network(const Plan& plan, std::int64_t channels, std::int64_t classes, std::uint64_t seed, at::Device device);

    /// input [N, channels, z, y, x] → logits [N, classes, z, y, x]; with deep supervision further, each at its decoder
    /// stage's resolution, highest first.
    std::vector<at::Tensor> forward(const at::Tensor& input) const;

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
    enum class Kind { convolution, transposed, norm_weight, norm_bias, head_weight, head_bias };
    struct Wanted {
        std::string name;
        std::vector<std::int64_t> shape;
        Kind kind;
    };
    std::vector<Wanted> wanted(std::int64_t channels, std::int64_t classes) const;
    void draw_weights(const std::vector<Wanted>& wanted, std::uint64_t seed, at::Device device);
    at::Tensor block(at::Tensor x, const Stage& stage, bool strided, std::size_t& next) const;

    Plan plan_;
    std::vector<Weight> weights_;
    at::Tensor flat_, gradient_;
};

}  // namespace cohort::learn
