// What refers to what: that every reference of a pipeline can be followed, and in which order its steps come.
#pragma once

#include "driver/pipeline.h"

namespace cohort::driver {

/// Adds faults for references that cannot be followed (matrix keys missing, wrong kind of artefact, a cycle) and fills
/// in the pipeline's `order`.
void check_references(PipelineDraft& draft);

}  // namespace cohort::driver
