#include <algorithm>

#include "apps/curate/checks/check.h"

namespace cohort::curate {

Findings find_empty_label(const SampleFacts& facts, const LabelTable&) {
    Findings findings;
    for (const auto& array : facts.arrays) {
        if (array.info->role != store::Role::label || array.unreadable) continue;
        const auto& labels = array.labels;
        const bool only_background =
            labels.not_integer + labels.others == 0 &&
            std::all_of(labels.counts.begin(), labels.counts.end(), [](const auto& count) { return count.value == 0; });
        if (only_background) findings.push_back({array.name + " holds background only.", {{"array", array.name}}});
    }
    return findings;
}

Findings find_image_missing(const SampleFacts& facts, const LabelTable&) {
    if (facts.sample.first_with(store::Role::image)) return {};
    return {{"there is no image."}};
}

Findings find_label_missing(const SampleFacts& facts, const LabelTable&) {
    if (facts.sample.first_with(store::Role::label) || store::value_of(facts.sample, "class")) return {};
    return {{"there is neither label nor class."}};
}

}  // namespace cohort::curate
