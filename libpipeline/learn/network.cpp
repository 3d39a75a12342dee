#include "learn/network.h"

#include <cmath>

#include "core/philox.h"
#include "learn/layers.h"

namespace cohort::learn {
namespace {

std::int64_t count_of(const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const auto extent : shape) count *= extent;
    return count;
}

}  // namespace

void Network::draw_weights(const std::vector<WantedWeight>& wanted, std::uint64_t seed, at::Device device) {
    std::int64_t total = 0;
    for (const auto& entry : wanted) total += count_of(entry.shape);
    auto host = at::empty({total}, at::kFloat);
    auto* values = host.data_ptr<float>();
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& [name, shape, kind] = wanted[i];
        const auto count = count_of(shape);
        if (kind == WeightKind::norm_weight)
            std::fill_n(values + begin, count, 1.0f);
        else if (kind == WeightKind::norm_bias || kind == WeightKind::head_bias)
            std::fill_n(values + begin, count, 0.0f);
        else {
            // He et al., ICCV 2015: normal, variance 2 / ((1 + slope²) fan-in).
            const auto fan_in = static_cast<double>(kind == WeightKind::transposed ? shape[0] : count / shape[0]);
            const auto sd = std::sqrt(2.0 / ((1 + leaky_slope * leaky_slope) * fan_in));
            RandomStream random(seed, "weights", i);
            for (std::int64_t k = 0; k < count; ++k) values[begin + k] = static_cast<float>(sd * random.normal());
        }
        weights_.push_back({name, shape, begin, {}});
        begin += count;
    }
    flat_ = host.to(device);
    gradient_ = at::zeros_like(flat_);
    for (auto& weight : weights_) {
        const auto count = count_of(weight.shape);
        weight.view = flat_.narrow(0, weight.begin, count).view(weight.shape).detach();
        weight.view.set_requires_grad(true);
        weight.view.mutable_grad() = gradient_.narrow(0, weight.begin, count).view(weight.shape);
        views_.push_back(weight.view);
    }
}

Network::Network(const Plan& plan, std::int64_t channels, std::int64_t classes, std::uint64_t seed, at::Device device)
    : plan_(plan), architecture_(architecture_named(plan.network)) {
    draw_weights(architecture_.wanted(plan_, channels, classes), seed, device);
}

std::vector<at::Tensor> Network::forward(const at::Tensor& input, const std::vector<at::Tensor>& weights) const {
    return architecture_.forward(plan_, weights, input);
}

std::vector<at::Tensor> Network::views_of(const at::Tensor& flat) const {
    std::vector<at::Tensor> views;
    for (const auto& weight : weights_)
        views.push_back(flat.narrow(0, weight.begin, count_of(weight.shape)).view(weight.shape).detach());
    return views;
}

}  // namespace cohort::learn
