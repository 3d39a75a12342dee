#include "learn/networks/architecture.h"

#include "learn/layers.h"

namespace cohort::learn {

std::vector<std::int64_t> kernel_shape(std::int64_t out, std::int64_t in, const Extent3& kernel) {
    return {out, in, kernel[2], kernel[1], kernel[0]};
}

void want_convolution(std::vector<WantedWeight>& list, const std::string& name, std::int64_t out, std::int64_t in,
                      const Extent3& kernel) {
    list.push_back({name + ".weight", kernel_shape(out, in, kernel), WeightKind::convolution});
    list.push_back({name + ".norm.weight", {out}, WeightKind::norm_weight});
    list.push_back({name + ".norm.bias", {out}, WeightKind::norm_bias});
}

at::Tensor normalised_convolution(const at::Tensor& x, const at::Tensor& joined, std::span<const at::Tensor> weights,
                                  std::size_t& next, const Extent3& stride, Precision precision) {
    const auto y = convolve(x, joined, weights[next], {}, stride, precision);
    next += 3;
    return normalise_and_activate(y, weights[next - 2], weights[next - 1]);
}

}  // namespace cohort::learn
