// Parameters of cohort-augment.
#pragma once

#include <string>
#include <vector>

#include "augment/recipe.h"
#include "core/json.h"

namespace cohort::augmentation {

struct AugmentParameters {
    std::string recipe_name;
    augment::Recipe recipe;  ///< with the changes of --transform
    std::uint64_t copies = 1;
    bool keeps_originals = true;
    std::string preview;  ///< file to draw into; empty: a dataset is made
};

/// Faults of --transform are added to `faults` as sentences; null: they are a bug here.
AugmentParameters augment_parameters(const Json& json, std::vector<std::string>* faults);

}  // namespace cohort::augmentation
