// What people see: progress (bar on a terminal, lines elsewhere, JSON for machines), messages, colour.
#pragma once

#include <memory>
#include <string>

#include "cli/command_line.h"
#include "core/log.h"
#include "core/progress.h"

namespace cohort::cli {

bool stderr_is_terminal();
bool colour_wanted(int descriptor = 2);  ///< a terminal that knows colour, and no NO_COLOR

/// Shows `progress` on stderr until destroyed, and prints the log's messages above it. `program` prefixes messages.
/// Registers sinks with `log`; messages that come after stop() are still printed, plainly.
/// Error(output) when --log-json's file cannot be written.
class Terminal {
public:
    Terminal(std::string program, Log& log, const Progress& progress, const CommonOptions& options);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    void stop();  ///< last state shown, nothing of progress after it

private:
    struct State;
    std::shared_ptr<State> state_;  ///< shared with the log's sinks, which may outlive this
};

/// One state of progress in words, as `lines` prints it: "reading: 123 of 260 samples (47 %), 40/s, 0:03 left".
std::string progress_line(const Progress::Snapshot& now, double elapsed_s, bool finished);
/// The same as one JSON object: type, phase, unit, done, total, per_second, left_s, quarantined, bytes, note.
std::string progress_json(const Progress::Snapshot& now, double elapsed_s, bool finished);
/// The same as a bar of at most `width` columns.
std::string progress_bar(const Progress::Snapshot& now, double elapsed_s, std::size_t width);

}  // namespace cohort::cli
