#include "learn/model.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.h"
#include "core/machine.h"
#include "learn/loss.h"
#include "learn/network.h"

namespace cohort::learn {
namespace {

constexpr double longest_gradient = 12;  // L2 norm beyond which gradients are scaled down

at::Device device_named(const std::string& name) {
    try {
        const at::Device device(name);
        if (device.is_cuda() && !at::hasCUDA())
            throw Error(Exit::resources,
                        "--device " + name + ": this build of LibTorch sees no CUDA device; use --device cpu.");
        return device;
    } catch (const c10::Error&) {
        throw Error(Exit::usage, "--device " + name + " is no device; use auto, cpu or cuda:N.");
    }
}

HostTensor host_copy(const at::Tensor& tensor, std::vector<std::int64_t> shape) {
    const auto host = tensor.detach().to(at::kCPU).contiguous();
    HostTensor copy{std::move(shape), std::vector<float>(static_cast<std::size_t>(host.numel()))};
    std::memcpy(copy.values.data(), host.data_ptr<float>(), copy.values.size() * sizeof(float));
    return copy;
}

/// Foreign exceptions become one sentence of ours.
template <class Work>
decltype(auto) guarded(Work&& work) {
    try {
        return work();
    } catch (const c10::Error& error) {
        const std::string what = error.what_without_backtrace();
        const bool memory = what.find("memory") != std::string::npos;
        if (memory)
            throw Error(Exit::resources, "The device's memory does not suffice; lower --batch-size or --patch.");
        throw Error(Exit::bug, "LibTorch failed: " + what.substr(0, what.find('\n')));
    } catch (const std::bad_alloc&) {
        throw Error(Exit::resources, "Memory does not suffice; lower --batch-size or --patch.");
    }
}

}  // namespace

void check_device(const std::string& device) { (void)device_named(device); }

void set_compute_threads(unsigned threads) {
    if (const auto allowed = allowed_cpus(); threads > allowed)
        throw Error(Exit::resources,
                    "--threads " + std::to_string(threads) + ": this process may use " + std::to_string(allowed) +
                        " CPUs, and results depend on the number of compute threads; lower --threads.");
    at::set_num_threads(static_cast<int>(threads));
}

struct Model::State {
    Plan plan;
    std::int64_t channels, classes;
    at::Device device;
    Network network;
    at::Tensor foreground;        // class numbers that enter the Dice
    at::Tensor moment, variance;  // adamw's two; sgd uses the first as its velocity
    at::Tensor average;           // of the weights so far, which predicts; undefined where the plan wants none
    std::vector<at::Tensor> average_views;

    State(const Plan& p, std::int64_t input_channels, const ClassTable& labels, std::uint64_t seed,
          const std::string& name)
        : plan(p),
          channels(input_channels),
          classes(labels.classes()),
          device(device_named(name)),
          network(p, channels, classes, seed, device) {
        foreground = at::empty({static_cast<std::int64_t>(labels.foreground().size())}, at::kLong);
        std::int64_t i = 0;
        for (const auto c : labels.foreground()) foreground[i++] = c;
        foreground = foreground.to(device);
        moment = at::zeros_like(network.flat());
        variance = plan.optimiser == Optimiser::adamw ? at::zeros_like(network.flat()) : at::Tensor();
        if (plan.weight_averaging > 0) {
            average = network.flat().clone();
            average_views = network.views_of(average);
        }
    }

    /// Exponential average (Polyak & Juditsky 1992); the first steps, far from the end, are soon forgotten.
    void average_weights(std::uint64_t step) {
        if (!average.defined()) return;
        const auto n = static_cast<double>(step + 1);
        average.lerp_(network.flat(), 1 - std::min(plan.weight_averaging, n / (n + 10)));
    }

    /// False, with nothing changed, when it is not finite.
    [[nodiscard]] bool clip_gradient() {
        auto gradient = network.flat_gradient();
        const auto norm = gradient.norm().item<double>();
        if (norm > longest_gradient) gradient.mul_(longest_gradient / norm);
        return std::isfinite(norm);
    }

    /// Loshchilov & Hutter, ICLR 2019: weight decay apart from the gradient; betas .9, .999, epsilon 1e-8.
    void adamw(double rate, std::uint64_t step) {
        constexpr double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
        const auto n = static_cast<double>(step + 1);
        auto weights = network.flat();
        const auto gradient = network.flat_gradient();
        moment.mul_(beta1).add_(gradient, 1 - beta1);
        variance.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        const auto root = variance.sqrt().div_(std::sqrt(1 - std::pow(beta2, n))).add_(epsilon);
        weights.mul_(1 - rate * plan.weight_decay);
        weights.addcdiv_(moment, root, -rate / (1 - std::pow(beta1, n)));
    }

    /// Nesterov momentum .99 as PyTorch writes it; weight decay added to the gradient.
    void sgd(double rate) {
        constexpr double momentum = 0.99;
        auto weights = network.flat();
        const auto gradient = network.flat_gradient().add(weights, plan.weight_decay);
        moment.mul_(momentum).add_(gradient);
        weights.sub_(gradient.add(moment, momentum), rate);
    }
};

Model::Model(const Plan& plan, std::int64_t channels, const ClassTable& labels, std::uint64_t seed,
             const std::string& device)
    : state_(guarded([&] {
          const at::NoGradGuard no_grad;
          return std::make_unique<State>(plan, channels, labels, seed, device);
      })) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

const Plan& Model::plan() const { return state_->plan; }
std::int64_t Model::channels() const { return state_->channels; }
std::int64_t Model::classes() const { return state_->classes; }

StepLoss Model::train(const Batch& batch, double learning_rate, std::uint64_t step) {
    return guarded([&] {
        auto& s = *state_;
        const auto& patch = s.plan.patch;
        const auto image = at::from_blob(const_cast<float*>(batch.image.data()),
                                         {s.plan.batch, s.channels, patch[2], patch[1], patch[0]}, at::kFloat)
                               .to(s.device);
        auto target = at::empty({s.plan.batch, patch[2], patch[1], patch[0]}, at::kLong);
        std::copy(batch.classes.begin(), batch.classes.end(), target.data_ptr<std::int64_t>());
        target = target.to(s.device);
        s.network.flat_gradient().zero_();
        Loss loss;
        {
            const at::AutoGradMode grad(true);
            loss = supervised_loss(s.network.forward(image), target, s.foreground);
        }
        StepLoss result{loss.total.item<double>(), loss.cross_entropy.item<double>(), loss.dice.item<double>()};
        if (!std::isfinite(result.total)) return result;
        loss.total.backward();
        const at::NoGradGuard no_grad;
        if (!s.clip_gradient()) {
            result.total = std::numeric_limits<double>::quiet_NaN();
            return result;
        }
        if (s.plan.optimiser == Optimiser::adamw)
            s.adamw(learning_rate, step);
        else
            s.sgd(learning_rate);
        s.average_weights(step);
        return result;
    });
}

void Model::predict(std::span<const float> window, std::span<float> probabilities) {
    guarded([&] {
        const at::NoGradGuard no_grad;
        auto& s = *state_;
        const auto& patch = s.plan.patch;
        const auto image =
            at::from_blob(const_cast<float*>(window.data()), {1, s.channels, patch[2], patch[1], patch[0]}, at::kFloat)
                .to(s.device);
        const auto logits = s.average.defined() ? s.network.forward(image, s.average_views) : s.network.forward(image);
        const auto result = at::softmax(logits.front(), 1).to(at::kCPU).contiguous();
        std::memcpy(probabilities.data(), result.data_ptr<float>(), probabilities.size_bytes());
    });
}

std::map<std::string, HostTensor> Model::state() const {
    return guarded([&] {
        std::map<std::string, HostTensor> tensors;
        const auto& weights = state_->network.weights();
        for (const auto& weight : weights) tensors["weights." + weight.name] = host_copy(weight.view, weight.shape);
        for (std::size_t i = 0; i < state_->average_views.size(); ++i)
            tensors["average." + weights[i].name] = host_copy(state_->average_views[i], weights[i].shape);
        const auto count = state_->moment.numel();
        tensors["optimiser.moment"] = host_copy(state_->moment, {count});
        if (state_->variance.defined()) tensors["optimiser.variance"] = host_copy(state_->variance, {count});
        return tensors;
    });
}

void Model::load(const std::map<std::string, HostTensor>& tensors, const std::string& where) {
    guarded([&] {
        const at::NoGradGuard no_grad;
        std::size_t used = 0;
        const auto take = [&](const std::string& name, const std::vector<std::int64_t>& shape, at::Tensor into) {
            const auto found = tensors.find(name);
            if (found == tensors.end() || found->second.shape != shape)
                throw Error(Exit::bad_input, where + ": tensor '" + name + "' is " +
                                                 (found == tensors.end() ? "missing" : "of another shape") +
                                                 "; this checkpoint belongs to another plan.");
            const auto& values = found->second.values;
            if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
                throw Error(Exit::bad_input,
                            where + ": tensor '" + name + "' holds values that are not finite; train again.");
            into.copy_(at::from_blob(const_cast<float*>(found->second.values.data()), into.sizes(), at::kFloat));
            ++used;
        };
        const auto& weights = state_->network.weights();
        for (const auto& weight : weights) take("weights." + weight.name, weight.shape, weight.view);
        for (std::size_t i = 0; i < state_->average_views.size(); ++i)
            take("average." + weights[i].name, weights[i].shape, state_->average_views[i]);
        const auto count = state_->moment.numel();
        take("optimiser.moment", {count}, state_->moment);
        if (state_->variance.defined()) take("optimiser.variance", {count}, state_->variance);
        if (used != tensors.size())
            throw Error(Exit::bad_input,
                        where +
                            ": it holds tensors that the plan's network lacks; this checkpoint belongs "
                            "to another plan.");
    });
}

}  // namespace cohort::learn
