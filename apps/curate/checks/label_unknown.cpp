#include <cmath>

#include "apps/curate/checks/check.h"

namespace cohort::curate {
namespace {

std::string listed(const std::vector<std::int64_t>& values) {
    constexpr std::size_t most = 10;
    std::string text;
    for (std::size_t i = 0; i < values.size() && i < most; ++i) text += (i ? ", " : "") + std::to_string(values[i]);
    return values.size() > most ? text + " …" : text;
}

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "infinite" : "negative infinite";
    return shortest(value);
}

std::string known_values(const std::map<std::int64_t, std::string>& known) {
    std::vector<std::int64_t> values;
    values.reserve(known.size());
    for (const auto& [value, name] : known) values.push_back(value);
    return listed(values);
}

}  // namespace

Findings find_label_unknown(const SampleFacts& facts, const LabelTable& labels) {
    Findings findings;
    for (const auto& array : facts.arrays) {
        if (array.info->role != store::Role::label || array.unreadable) continue;
        if (array.labels.not_integer > 0)
            findings.push_back({array.name + " holds " + std::to_string(array.labels.not_integer) +
                                    " voxels that are no integers, the first " +
                                    number_text(array.labels.first_not_integer) + ".",
                                {{"array", array.name}, {"voxels", array.labels.not_integer}}});
        const auto* known = labels.of(array.name);
        if (!known) continue;
        std::vector<std::int64_t> unknown;
        std::uint64_t voxels = array.labels.others;
        for (const auto& [value, count] : array.labels.counts)
            if (!known->contains(value)) unknown.push_back(value), voxels += count;
        if (unknown.empty() && voxels == 0) continue;
        findings.push_back({array.name + " holds the value" + (unknown.size() == 1 ? " " : "s ") + listed(unknown) +
                                " (" + std::to_string(voxels) + " voxels), and the label table knows " +
                                known_values(*known) + ".",
                            {{"array", array.name}, {"values", unknown}, {"voxels", voxels}}});
    }
    return findings;
}

}  // namespace cohort::curate
