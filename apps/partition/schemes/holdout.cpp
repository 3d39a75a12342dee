#include "apps/partition/allocate.h"
#include "apps/partition/schemes/scheme.h"

namespace cohort::partition {

Split make_holdout(SchemeInput& input) {
    keep_copies_together(input);
    const double validation = input.parameters.validation_fraction.value_or(default_validation_fraction);
    const double test = input.parameters.test_fraction.value_or(0);

    Split split;
    split.seed = input.seed;
    auto& fold = split.folds.emplace_back(Fold{"0"});
    std::vector<double> shares;
    std::vector<std::vector<std::uint32_t>*> parts;
    const auto add = [&](double share, std::vector<std::uint32_t>& part) {
        if (share <= 0) return;
        shares.push_back(share);
        parts.push_back(&part);
    };
    add(1 - validation - test, fold.train);
    add(validation, fold.validation);
    add(test, fold.test);
    const auto part_of = allocate(input.grouping, input.variables, shares, input.seed);
    for (std::uint32_t i = 0; i < input.cases.used.size(); ++i)
        parts[part_of[input.grouping.group_of[i]]]->push_back(i);
    return split;
}

}  // namespace cohort::partition
