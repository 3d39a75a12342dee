#include "learn/network.h"

#include <cmath>

#include "core/philox.h"

namespace cohort::learn {
namespace {

constexpr double slope = 0.01;      // of the leaky ReLU
constexpr double norm_epsilon = 1e-5;

/// Torch's order of axes is z, y, x.
std::vector<std::int64_t> torch_order(const Extent3& e) { return {e[2], e[1], e[0]}; }

std::vector<std::int64_t> kernel_shape(std::int64_t out, std::int64_t in, const Extent3& kernel) {
    return {out, in, kernel[2], kernel[1], kernel[0]};
}

std::int64_t count_of(const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const auto extent : shape) count *= extent;
    return count;
}

}  // namespace

std::vector<Network::Wanted> Network::wanted(std::int64_t channels, std::int64_t classes) const {
    std::vector<Wanted> list;
    const auto convolutions = [&](const std::string& where, const Stage& stage, std::int64_t in) {
        for (std::int64_t i = 0; i < plan_.convolutions; ++i) {
            const auto name = where + ".conv" + std::to_string(i);
            list.push_back({name + ".weight", kernel_shape(stage.features, i == 0 ? in : stage.features, stage.kernel),
                            Kind::convolution});
            list.push_back({name + ".norm.weight", {stage.features}, Kind::norm_weight});
            list.push_back({name + ".norm.bias", {stage.features}, Kind::norm_bias});
        }
    };
    const auto stages = plan_.stages.size();
    for (std::size_t s = 0; s < stages; ++s)
        convolutions("encoder" + std::to_string(s), plan_.stages[s], s == 0 ? channels : plan_.stages[s - 1].features);
    for (std::size_t s = stages - 1; s-- > 0;) {
        const auto name = "decoder" + std::to_string(s);
        const auto& lower = plan_.stages[s + 1];
        list.push_back({name + ".up.weight", kernel_shape(lower.features, plan_.stages[s].features, lower.stride),
                        Kind::transposed});
        convolutions(name, plan_.stages[s], 2 * plan_.stages[s].features);
        if (s > 0 && !plan_.deep_supervision) continue;
        list.push_back({name + ".head.weight", kernel_shape(classes, plan_.stages[s].features, {1, 1, 1}), Kind::head_weight});
        list.push_back({name + ".head.bias", {classes}, Kind::head_bias});
    }
    return list;
}

void Network::draw_weights(const std::vector<Wanted>& wanted, std::uint64_t seed, at::Device device) {
    std::int64_t total = 0;
    for (const auto& entry : wanted) total += count_of(entry.shape);
    auto host = at::empty({total}, at::kFloat);
    auto* values = host.data_ptr<float>();
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& [name, shape, kind] = wanted[i];
        const auto count = count_of(shape);
        if (kind == Kind::norm_weight) std::fill_n(values + begin, count, 1.0f);
        else if (kind == Kind::norm_bias || kind == Kind::head_bias) std::fill_n(values + begin, count, 0.0f);
        else {
            // He et al., ICCV 2015: normal, variance 2 / ((1 + slope²) fan-in).
            const auto fan_in = static_cast<double>(kind == Kind::transposed ? shape[0] : count / shape[0]);
            const auto sd = std::sqrt(2.0 / ((1 + slope * slope) * fan_in));
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
    }
}

Network::Network(const Plan& plan, std::int64_t channels, std::int64_t classes, std::uint64_t seed, at::Device device)
    : plan_(plan) {
    draw_weights(wanted(channels, classes), seed, device);
}

at::Tensor Network::block(at::Tensor x, const Stage& stage, bool strided, std::size_t& next) const {
    const Extent3 padding{stage.kernel[0] / 2, stage.kernel[1] / 2, stage.kernel[2] / 2};
    for (std::int64_t i = 0; i < plan_.convolutions; ++i) {
        const auto stride = strided && i == 0 ? torch_order(stage.stride) : std::vector<std::int64_t>{1, 1, 1};
        x = at::conv3d(x, weights_[next].view, {}, stride, torch_order(padding));
        x = at::instance_norm(x, weights_[next + 1].view, weights_[next + 2].view, {}, {}, true, 0, norm_epsilon, false);
        x = at::leaky_relu_(x, slope);
        next += 3;
    }
    return x;
}

std::vector<at::Tensor> Network::forward(const at::Tensor& input) const {
    std::size_t next = 0;  // weights are listed in the order of use
    std::vector<at::Tensor> skips;
    auto x = input;
    for (const auto& stage : plan_.stages) {
        x = block(x, stage, true, next);
        skips.push_back(x);
    }
    std::vector<at::Tensor> logits;
    for (std::size_t s = plan_.stages.size() - 1; s-- > 0;) {
        x = at::conv_transpose3d(x, weights_[next++].view, {}, torch_order(plan_.stages[s + 1].stride));
        x = block(at::cat({x, skips[s]}, 1), plan_.stages[s], false, next);
        if (s > 0 && !plan_.deep_supervision) continue;
        logits.insert(logits.begin(), at::conv3d(x, weights_[next].view, weights_[next + 1].view));
        next += 2;
    }
    return logits;
}

}  // namespace cohort::learn
