// The one main of all steps.
#pragma once

#include "step/step.h"

namespace cohort::step {

/// Options from the schema, opening and checking inputs, privacy, signals, partial folder, progress, run.json,
/// publishing, the three numbers, exit code. Never throws.
int run_program(Step& step, int argc, char** argv);

}  // namespace cohort::step
