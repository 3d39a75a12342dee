#include "learn/networks/architecture.h"

namespace cohort::learn {

std::vector<std::int64_t> torch_order(const Extent3& e) { return {e[2], e[1], e[0]}; }

std::vector<std::int64_t> kernel_shape(std::int64_t out, std::int64_t in, const Extent3& kernel) {
    return {out, in, kernel[2], kernel[1], kernel[0]};
}

void want_convolution(std::vector<WantedWeight>& list, const std::string& name, std::int64_t out, std::int64_t in,
                      const Extent3& kernel) {
    list.push_back({name + ".weight", kernel_shape(out, in, kernel), WeightKind::convolution});
    list.push_back({name + ".norm.weight", {out}, WeightKind::norm_weight});
    list.push_back({name + ".norm.bias", {out}, WeightKind::norm_bias});
}

at::Tensor normalised_convolution(const at::Tensor& x, std::span<const at::Tensor> weights, std::size_t& next,
                                  const Extent3& kernel, const Extent3& stride) {
    const Extent3 padding{kernel[0] / 2, kernel[1] / 2, kernel[2] / 2};
    auto y = at::conv3d(x, weights[next], {}, torch_order(stride), torch_order(padding));
    y = at::instance_norm(y, weights[next + 1], weights[next + 2], {}, {}, true, 0, norm_epsilon, false);
    next += 3;
    return at::leaky_relu_(y, leaky_slope);
}

}  // namespace cohort::learn
