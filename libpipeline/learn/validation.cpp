#include "learn/validation.h"

#include <cmath>

namespace cohort::learn {

std::optional<ValidationScore> validate(Model& model, const CaseReader& reader, const std::vector<Case>& cases,
                                        const std::function<bool()>& stop) {
    const auto foreground = reader.labels().foreground();
    const auto classes = static_cast<std::size_t>(reader.labels().classes());
    std::vector<double> sum(classes), scored(classes);
    for (const auto& which : cases) {
        const auto found = predict_classes(std::span(&model, 1), reader, which, stop);
        if (found.empty()) return std::nullopt;
        std::vector<std::uint16_t> truth(found.size());
        reader.read_classes(which, {0, 0, 0}, which.shape, truth);
        std::vector<std::uint64_t> both(classes), either(classes);
        for (std::size_t i = 0; i < truth.size(); ++i) {
            ++either[truth[i]];
            ++either[found[i]];
            if (truth[i] == found[i]) ++both[truth[i]];
        }
        for (const auto c : foreground) {
            const auto k = static_cast<std::size_t>(c);
            if (either[k] == 0) continue;
            sum[k] += 2 * static_cast<double>(both[k]) / static_cast<double>(either[k]);
            scored[k] += 1;
        }
    }
    ValidationScore score;
    double total = 0, count = 0;
    for (const auto c : foreground) {
        const auto k = static_cast<std::size_t>(c);
        score.dice.push_back(scored[k] > 0 ? sum[k] / scored[k] : std::nan(""));
        if (scored[k] > 0) total += score.dice.back(), ++count;
    }
    score.mean_dice = count > 0 ? total / count : std::nan("");
    return score;
}

}  // namespace cohort::learn
