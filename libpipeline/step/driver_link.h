// What ties a step's process to the driver that started it: its parent's death, and the record of its end.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/error.h"
#include "store/manifest.h"

namespace cohort::step {

/// With COHORT_PARENT=pid in the environment: asks for SIGTERM at the death of that parent. False when it is dead
/// already. The variable is removed, so that processes started from here do not take our parent for theirs.
[[nodiscard]] bool follow_parent();

/// How a run ended.
struct Ending {
    Exit code = Exit::done;
    std::string message;                      ///< of a failure; may be empty
    std::optional<store::Manifest> manifest;  ///< of what was published or stood there already
};

/// Writes {exit, message, digest, counts, peak_rss, cpu_s, wall_s} to the file that COHORT_RUN_RECORD names, if any.
/// Never throws: a driver that finds no record judges by the exit code.
void write_end_record(const Ending& ending, double wall_s) noexcept;

}  // namespace cohort::step
