#include "apps/curate/checks/check.h"

namespace cohort::curate {

Findings find_non_finite(const SampleFacts& facts, const LabelTable&) {
    Findings findings;
    for (const auto& array : facts.arrays)
        for (std::size_t c = 0; c < array.channels.size(); ++c) {
            const auto& s = array.channels[c];
            if (s.nan + s.infinite == 0) continue;
            findings.push_back({channel_text(array, c) + " holds " + std::to_string(s.nan) + " NaN and " +
                                    std::to_string(s.infinite) + " infinite voxels of " + std::to_string(s.voxels) + ".",
                                {{"array", array.name}, {"nan", s.nan}, {"infinite", s.infinite}}});
        }
    return findings;
}

Findings find_constant(const SampleFacts& facts, const LabelTable&) {
    Findings findings;
    for (const auto& array : facts.arrays)
        for (std::size_t c = 0; c < array.channels.size(); ++c)
            if (is_constant(array.channels[c]))
                findings.push_back({channel_text(array, c) + " is " + shortest(array.channels[c].whole->minimum) +
                                        " everywhere.",
                                    {{"array", array.name}}});
    return findings;
}

}  // namespace cohort::curate
