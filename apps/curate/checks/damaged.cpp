#include "apps/curate/checks/check.h"

namespace cohort::curate {

Findings find_damaged(const SampleFacts& facts, const LabelTable&) {
    Findings findings;
    for (const auto& array : facts.arrays)
        if (array.unreadable) findings.push_back({array.name + " cannot be used: " + *array.unreadable, {{"array", array.name}}});
    return findings;
}

}  // namespace cohort::curate
