// A plain network at full resolution: the first stage's convolutions, twice, and a head. It sees no further than its
// kernels reach together; good for textures, and to measure what the U-Net's lower stages bring.
#pragma once

#include "learn/networks/architecture.h"

namespace cohort::learn {

std::vector<WantedWeight> @name@_weights(const Plan& plan, std::int64_t channels, std::int64_t classes);
/// One output, at the input's resolution, with or without deep supervision: there is no lower stage to supervise.
std::vector<at::Tensor> @name@_forward(const Plan& plan, std::span<const at::Tensor> weights, const at::Tensor& input);

}  // namespace cohort::learn
