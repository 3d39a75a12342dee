// The one main of all steps.
//
// Environment (the driver sets both): COHORT_RUN_RECORD names a file into which the run's end is written atomically, as
// {exit, message, digest, counts, peak_rss, cpu_s, wall_s}; COHORT_PARENT is the pid at whose death the run is to stop.
#pragma once

#include "cli/step_schema.h"
#include "step/step.h"

namespace cohort::step {

/// Options from the schema, opening and checking inputs, privacy, signals, partial folder, progress, run.json,
/// publishing, the three numbers, exit code. Never throws.
int run_program(Step& step, int argc, char** argv);

/// The same with a schema that is not compiled in.
int run_program(Step& step, const cli::StepSchema& schema, int argc, char** argv);

}  // namespace cohort::step
