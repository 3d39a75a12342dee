// argv → parameters and common options (CLI11 behind this header), help and describe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/step_schema.h"
#include "core/json.h"

namespace cohort::cli {

enum class ProgressStyle { automatic, bar, lines, json, none };

/// How many quarantined inputs are accepted: a number, a percentage of the sources, or all.
struct Acceptance {
    enum class Kind { number, percent, all } kind = Kind::number;
    double value = 0;
    bool accepts(std::uint64_t quarantined, std::uint64_t sources) const;
};
std::optional<Acceptance> parse_acceptance(std::string_view text);  ///< "3", "2%", "all"

/// The options every program has (DESIGN's §5); described in schemas/common.json, like the rest.
struct CommonOptions {
    std::filesystem::path out;
    std::optional<unsigned> threads;        ///< nothing: allowed_cpus()
    std::optional<std::uint64_t> memory;    ///< nothing: 80 % of allowed_memory()
    std::uint64_t seed = 0;
    std::string device = "auto";
    bool force = false;
    Acceptance accept_quarantined;
    bool dry_run = false;
    bool quiet = false;
    bool verbose = false;
    std::optional<std::filesystem::path> log_json;
    ProgressStyle progress = ProgressStyle::automatic;
};

/// What the user asked for. When `answer` is set (help, describe, version) it goes to stdout and the program ends with 0.
struct CommandLine {
    Json parameters = Json::object();  ///< validated, defaults filled in
    CommonOptions common;
    std::optional<std::string> answer;
};

/// Error(usage) with all faults in one message, each with "did you mean" where near. `--params FILE` is read first,
/// flags win.
CommandLine parse_command_line(const StepSchema& schema, int argc, const char* const* argv);

/// Grouped options with defaults and ranges, an example, exit codes; wrapped to `width`.
std::string help_text(const StepSchema& schema, std::size_t width = 100);
/// Name, version, parameters with types, defaults and groups, common options, exit codes: for machines.
Json describe(const StepSchema& schema);

}  // namespace cohort::cli
