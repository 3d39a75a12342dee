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
std::optional<ProgressStyle> parse_progress_style(std::string_view text);  ///< "auto", "bar", "lines", "json", "none"

/// How many quarantined inputs are accepted: a number, a percentage of the sources, or all.
struct Acceptance {
    enum class Kind { number, percent, all } kind = Kind::number;
    double value = 0;
    bool accepts(std::uint64_t quarantined, std::uint64_t sources) const;
};
std::optional<Acceptance> parse_acceptance(std::string_view text);  ///< "3", "2%", "all"

/// The options every program has (DESIGN's §5); described in schemas/options.json, like the rest.
struct CommonOptions {
    std::filesystem::path out;            ///< empty when the step makes nothing, or with --dry-run
    std::optional<unsigned> threads;      ///< nothing: allowed_cpus()
    std::optional<std::uint64_t> memory;  ///< nothing: 80 % of allowed_memory()
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

/// What the user asked for. When `answer` is set (help, describe, version) it goes to stdout and the program ends with
/// 0.
struct CommandLine {
    Json parameters = Json::object();  ///< validated, defaults filled in
    CommonOptions common;
    std::optional<std::string> answer;
};

/// Error(usage) with all faults in one message, each with "did you mean" where near. `--params FILE` is read first
/// (parameters by name, and `seed` and `device` where the step has them); flags win.
CommandLine parse_command_line(const StepSchema& schema, int argc, const char* const* argv);

struct HelpStyle {
    std::size_t width = 100;
    bool bold = false;  ///< headings, by ANSI escapes
};
/// Width of the terminal on stdout, 100 at most; bold on a colour terminal. 100 and plain when stdout is none.
HelpStyle help_style_of_stdout();

/// Grouped options with defaults and ranges, an example, exit codes; wrapped.
std::string help_text(const StepSchema& schema, const HelpStyle& style = {});
/// Name, version, parameters with types, defaults and groups, common options, exit codes: for machines.
Json describe(const StepSchema& schema);

struct ExitMeaning {
    int code;
    std::string_view brief;  ///< "done", "input"
    std::string_view about;  ///< a sentence
};
/// The exit codes that this step's program can end with.
std::vector<ExitMeaning> exit_codes_of(const StepSchema& schema);
/// All of them (apps/README.md).
std::vector<ExitMeaning> all_exit_codes();

}  // namespace cohort::cli
