// The U-Net: convolution, instance norm, leaky ReLU; strided convolutions down, transposed convolutions up.
//
// Ronneberger, Fischer, Brox, MICCAI 2015 (arXiv 1505.04597), in nnU-Net's form (reference in plan/choose_plan.h).
#pragma once

#include "learn/networks/architecture.h"

namespace cohort::learn {

std::vector<WantedWeight> unet_weights(const Plan& plan, std::int64_t channels, std::int64_t classes);
std::vector<at::Tensor> unet_forward(const Plan& plan, std::span<const at::Tensor> weights, const at::Tensor& input);

}  // namespace cohort::learn
