// The driver's own command line: one table of commands and options, from which parsing and help come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/pipeline.h"

namespace cohort::driver {

enum class Command { run, plan, status, graph, gc, help, describe, version, step };

struct Options {
    Command command = Command::help;
    std::string help_of;   ///< with Command::help: a command's name, or empty for all
    std::string pipeline;  ///< file (status, gc: or name); may be empty for status
    std::vector<Assignment> set;
    std::vector<std::string> only, from, force;
    bool keep_going = false;
    unsigned jobs = 0;  ///< 0: as many as fit
    std::optional<unsigned> cores, gpus;
    std::optional<std::uint64_t> memory;
    std::string work;
    bool quiet = false, verbose = false, json = false, by_job = false, dry_run = false;
    std::string progress = "auto";
    std::vector<std::string> forget;
    double older_than_s = 0;
    std::string step;                     ///< with Command::step: the program's name after "cohort-"
    std::vector<std::string> step_words;  ///< and its arguments
};

/// `words` without the program's name. Error(usage), with "did you mean" where something is near.
Options parse_options(const std::vector<std::string>& words);

/// Text of `cohort --help`, or of one command's.
std::string help_text(const std::string& command);

/// Commands with their options, and exit codes: what `cohort --describe` prints for machines, in the shape of a step's.
Json describe();

/// Names of the commands, for completions and tests.
std::vector<std::string> command_names();

/// "90 s", "12h", "30d", "2w", "0" → seconds; a bare number is days.
std::optional<double> parse_age(std::string_view text);

}  // namespace cohort::driver
