// Files that a program writes beside its output: pictures, logs.
#pragma once

#include "cli/command_line.h"
#include "cli/step_schema.h"

namespace cohort::step {

/// One more file in an artefact, or another in place of one of its own, damages it: Error(usage) naming the option when
/// a picture or the log of --log-json would lie in one. Looked at before any of them is opened.
void refuse_files_inside_artefacts(const cli::StepSchema& schema, const cli::CommandLine& line);

}  // namespace cohort::step
