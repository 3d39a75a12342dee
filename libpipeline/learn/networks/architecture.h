// What a network is to the rest of learn: the weights it asks for, and what it makes of them and an image.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learn/plan/plan.h"
#include "learn/tensor.h"

namespace cohort::learn {

/// How a weight begins: drawn for what it does (He et al., ICCV 2015), or 1, or 0.
enum class WeightKind { convolution, transposed, norm_weight, norm_bias, head_weight, head_bias };

struct WantedWeight {
    std::string name;
    std::vector<std::int64_t> shape;
    WeightKind kind;
};

/// A network as two functions of the plan. The weights come back in the order in which they were asked for.
struct Architecture {
    std::string_view name;  ///< one of all_networks() (plan/network_names.h)
    std::vector<WantedWeight> (*wanted)(const Plan& plan, std::int64_t channels, std::int64_t classes);
    /// input [N, channels, z, y, x] → logits [N, classes, z, y, x]; with deep supervision further, each at a lower
    /// resolution, highest first.
    std::vector<at::Tensor> (*forward)(const Plan& plan, std::span<const at::Tensor> weights, const at::Tensor& input);
};

/// Every network, in the order of all_networks().
std::span<const Architecture> all_architectures();
/// Error(bug) when there is none: plans are checked when they are read.
const Architecture& architecture_named(std::string_view name);

/// Torch's order of axes is z, y, x.
std::vector<std::int64_t> kernel_shape(std::int64_t out, std::int64_t in, const Extent3& kernel);

/// The weights of one convolution with its norm, appended to `list` in the order in which normalised_convolution takes
/// them.
void want_convolution(std::vector<WantedWeight>& list, const std::string& name, std::int64_t out, std::int64_t in,
                      const Extent3& kernel);
/// Convolution of x and, behind its channels, `joined` (may be undefined), instance norm, leaky ReLU; takes three
/// weights from `next` on and moves it behind them.
at::Tensor normalised_convolution(const at::Tensor& x, const at::Tensor& joined, std::span<const at::Tensor> weights,
                                  std::size_t& next, const Extent3& stride, Precision precision);

}  // namespace cohort::learn
