#include "learn/loss.h"

namespace cohort::learn {

Loss dice_and_cross_entropy(const at::Tensor& logits, const at::Tensor& target, const at::Tensor& foreground) {
    constexpr double epsilon = 1e-5;
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
