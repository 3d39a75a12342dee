#include "apps/partition/allocate.h"
#include "apps/partition/schemes/scheme.h"

namespace cohort::partition {

void keep_copies_together(SchemeInput& input) {
    const auto pairs = identical_across_groups(input.cases, input.grouping);
    if (pairs.empty()) return;
    constexpr std::size_t most_named = 5;
    std::string names;
    for (std::size_t i = 0; i < pairs.size() && i < most_named; ++i)
        names += (i ? ", " : "") + input.cases.used[pairs[i].first].id + " = " + input.cases.used[pairs[i].second].id;
    if (pairs.size() > most_named) names += " …";
    input.log.warn(std::to_string(pairs.size()) +
                   (pairs.size() == 1 ? " sample has" : " samples have") +
                   " the images of a sample of another group (" + names +
                   "); their groups are kept in one part.");
    input.grouping = joined(input.grouping, pairs);
}

Split make_kfold(SchemeInput& input) {
    require_moderate_size(static_cast<std::size_t>(input.parameters.folds), input.cases.used.size());
    keep_copies_together(input);
    const auto folds = static_cast<std::size_t>(input.parameters.folds);
    const double test = input.parameters.test_fraction.value_or(0);
    std::vector<double> shares(folds, (1 - test) / static_cast<double>(folds));
    if (test > 0) shares.push_back(test);
    const auto part_of = allocate(input.grouping, input.variables, shares, input.seed);

    Split split;
    split.seed = input.seed;
    for (std::size_t k = 0; k < folds; ++k) {
        auto& fold = split.folds.emplace_back(Fold{std::to_string(k)});
        for (std::uint32_t i = 0; i < input.cases.used.size(); ++i) {
            const auto part = part_of[input.grouping.group_of[i]];
            (part == folds ? fold.test : part == k ? fold.validation : fold.train).push_back(i);
        }
    }
    return split;
}

}  // namespace cohort::partition
