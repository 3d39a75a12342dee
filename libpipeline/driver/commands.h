// What `cohort COMMAND` does.
#pragma once

#include "core/error.h"
#include "driver/options.h"

namespace cohort::driver {

/// Runs a command; results go to stdout, everything else to stderr. Throws Error for what cannot be begun.
Exit perform(const Options& options);

/// `cohort`'s main: parses, performs, says errors as "cohort: sentence". Never throws. Does not come back for a step,
/// whose program takes this process's place.
int run_driver(int argc, char** argv) noexcept;

}  // namespace cohort::driver
