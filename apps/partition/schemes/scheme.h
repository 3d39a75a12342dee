// A way to make folds.
#pragma once

#include <span>
#include <string_view>

#include "apps/partition/partition_parameters.h"
#include "apps/partition/split.h"
#include "core/log.h"

namespace cohort::partition {

/// What a scheme may look at. `grouping` is replaced where a scheme has to join groups.
struct SchemeInput {
    const PartitionParameters& parameters;
    const Cases& cases;
    Grouping& grouping;
    const std::vector<Variable>& variables;  ///< the stratify columns only
    std::uint64_t seed;
    Log& log;
};

struct Scheme {
    std::string_view name;
    std::string_view about;
    Split (*make)(SchemeInput& input);
};

/// kfold, holdout, group, nnunet, given: in the order of the help.
std::span<const Scheme> all_schemes();
const Scheme& scheme_named(std::string_view name);  ///< Error(usage) with "did you mean"

Split make_kfold(SchemeInput& input);
Split make_holdout(SchemeInput& input);
Split make_leave_group_out(SchemeInput& input);
/// nnU-Net's folds: those of the file if it exists, else scikit-learn's KFold(folds, shuffle, 12345) on the sorted ids.
Split make_nnunet(SchemeInput& input);
Split make_given(SchemeInput& input);

/// n samples in k folds are n·k ids in split.json: Error(resources) before the memory is asked for.
void require_moderate_size(std::size_t folds, std::size_t samples);

/// Joins groups that hold equal images, so that no copy lands in another part; says so in a warning.
void keep_copies_together(SchemeInput& input);

}  // namespace cohort::partition
