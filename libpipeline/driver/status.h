// `cohort status`: how pipelines stand, read from their summaries and journals alone.
#pragma once

#include <string>

#include "driver/options.h"

namespace cohort::driver {

/// The text for stdout. Changes nothing, so that it can be asked while another driver runs. Error(usage) for a pipeline
/// of which the work folder knows nothing.
std::string status_text(const Options& options);

}  // namespace cohort::driver
