#include "apps/partition/schemes/scheme.h"
#include "core/error.h"

namespace cohort::partition {

Split make_leave_group_out(SchemeInput& input) {
    // A fold lists every sample, so a fold per group is quadratic: beyond this it was hardly meant.
    constexpr std::size_t most_groups = 1000;
    const auto& grouping = input.grouping;
    const auto& column = input.parameters.group;
    if (grouping.without_value > 0)
        throw Error(Exit::bad_input, std::to_string(grouping.without_value) + " samples have no value of " + column +
                                         ", so it cannot be said which fold leaves them out; complete the column at "
                                         "ingest, or choose another --group.");
    if (grouping.names.size() > most_groups)
        throw Error(Exit::usage, "--group " + column + " has " + std::to_string(grouping.names.size()) +
                                     " different values, and leave-one-group-out makes a fold of each; at most " +
                                     std::to_string(most_groups) + " are made. Choose a coarser column, or --scheme "
                                     "kfold, which keeps groups together too.");
    require_moderate_size(grouping.names.size(), input.cases.used.size());
    Split split;
    split.left_out = grouping.names;
    for (std::uint32_t g = 0; g < grouping.names.size(); ++g) {
        auto& fold = split.folds.emplace_back(Fold{std::to_string(g)});
        for (std::uint32_t i = 0; i < input.cases.used.size(); ++i)
            (grouping.group_of[i] == g ? fold.validation : fold.train).push_back(i);
    }
    return split;
}

}  // namespace cohort::partition
