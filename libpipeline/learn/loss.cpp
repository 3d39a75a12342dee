#include "learn/loss.h"

#include <torch/csrc/autograd/custom_function.h>

#include "learn/kernels/class_loss.h"
#include "learn/own_kernels.h"

namespace cohort::learn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double epsilon = 1e-5;

ClassLossShape shape_of(const at::Tensor& logits) {
    return {logits.size(0), logits.size(1), logits.size(2) * logits.size(3) * logits.size(4)};
}
std::span<const std::int64_t> classes_of(const at::Tensor& foreground) {
    return {foreground.data_ptr<std::int64_t>(), static_cast<std::size_t>(foreground.numel())};
}

/// Logits, target, foreground → [total, cross-entropy, Dice loss]; only the first may be gone back from.
struct OwnLoss : public torch::autograd::Function<OwnLoss> {
    static variable_list forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& target,
                                 const at::Tensor& foreground) {
        const auto values = logits.contiguous(), labels = target.contiguous();
        auto probability = at::empty_like(values);
        const auto loss =
            class_loss(shape_of(values), values.data_ptr<float>(), labels.data_ptr<std::int64_t>(),
                       classes_of(foreground), epsilon, probability.data_ptr<float>(), run_on_compute_threads);
        context->save_for_backward({probability, labels, foreground});
        context->saved_data["common"] = loss.common;
        context->saved_data["both"] = loss.both;
        const auto scalar = [&](double value) { return at::scalar_tensor(value, logits.options()); };
        variable_list result{scalar(loss.cross_entropy + loss.dice), scalar(loss.cross_entropy), scalar(loss.dice)};
        context->mark_non_differentiable({result[1], result[2]});
        return result;
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const ClassLoss loss{0, 0, context->saved_data["common"].toDoubleVector(),
                             context->saved_data["both"].toDoubleVector()};
        auto gradient = at::empty_like(saved[0]);
        class_loss_gradient(shape_of(saved[0]), loss, saved[0].data_ptr<float>(), saved[1].data_ptr<std::int64_t>(),
                            classes_of(saved[2]), epsilon, gradients[0].item<double>(), gradient.data_ptr<float>(),
                            run_on_compute_threads);
        return {gradient, {}, {}};
    }
};

}  // namespace

Loss dice_and_cross_entropy(const at::Tensor& logits, const at::Tensor& target, const at::Tensor& foreground) {
    if (serves_own_kernels(logits)) {
        const auto loss = OwnLoss::apply(logits, target, foreground);
        return {loss[0], loss[1], loss[2]};
    }
    const auto log_probability = at::log_softmax(logits, 1);
    const auto labels = target.unsqueeze(1);
    const auto cross_entropy = -log_probability.gather(1, labels).mean();
    const auto truth = at::zeros_like(log_probability).scatter_(1, labels, 1.0);
    const auto probability = log_probability.exp();
    const std::vector<std::int64_t> all_but_class{0, 2, 3, 4};
    const auto common = (probability * truth).sum(all_but_class).index_select(0, foreground);
    const auto both = (probability.sum(all_but_class) + truth.sum(all_but_class)).index_select(0, foreground);
    const auto dice = 1 - ((2 * common + epsilon) / (both + epsilon)).mean();
    return {cross_entropy + dice, cross_entropy, dice};
}

Loss supervised_loss(const std::vector<at::Tensor>& logits, const at::Tensor& target, const at::Tensor& foreground) {
    auto result = dice_and_cross_entropy(logits.front(), target, foreground);
    double weight = 1, sum = 1;
    for (std::size_t i = 1; i < logits.size(); ++i) {
        auto coarse = target;
        for (std::int64_t axis = 1; axis <= 3; ++axis) {
            const auto factor = target.size(axis) / logits[i].size(axis + 1);
            if (factor > 1) coarse = coarse.slice(axis, factor / 2, c10::nullopt, factor);
        }
        weight /= 2;
        sum += weight;
        result.total = result.total + weight * dice_and_cross_entropy(logits[i], coarse.contiguous(), foreground).total;
    }
    if (logits.size() > 1) result.total = result.total / sum;
    return result;
}

}  // namespace cohort::learn
