// Parameters of cohort-preprocess: one preparation.
#pragma once

#include <vector>

#include "grid/preparation.h"
#include "step/step.h"

namespace cohort::preprocess {

/// Reads the parameters. What a schema cannot say (how many numbers, which order, nothing asked for) is added to
/// `findings`; null: it is a bug here.
grid::Preparation preparation_from_parameters(const Json& json, std::vector<step::Finding>* findings);

}  // namespace cohort::preprocess
