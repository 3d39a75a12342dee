// Parameters of cohort-curate: what each check does.
#pragma once

#include <string>
#include <vector>

#include "apps/curate/checks/check.h"

namespace cohort::curate {

/// An action per check, in the order of all_checks().
struct CurateParameters {
    std::vector<Action> actions;
};

/// Reads --check NAME=ACTION. Faults (unknown names with "did you mean", an action that is none, a check named twice, a
/// check whose findings cannot be let pass) are added to `faults` as sentences; null: they are a bug here.
CurateParameters curate_parameters(const Json& json, std::vector<std::string>* faults);

}  // namespace cohort::curate
