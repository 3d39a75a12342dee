// What people see: progress (bar on a terminal, lines elsewhere, JSON for machines), messages, colour.
#pragma once

#include <memory>
#include <string>

#include "cli/command_line.h"
#include "core/log.h"
#include "core/progress.h"

namespace cohort::cli {

bool stderr_is_terminal();
bool colour_wanted();  ///< a terminal and no NO_COLOR

/// Shows `progress` on stderr until destroyed, and prints the log's messages above it. `program` prefixes messages.
class Terminal {
public:
    Terminal(std::string program, Log& log, const Progress& progress, const CommonOptions& options);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    void stop();  ///< last state shown, nothing after it

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cohort::cli
