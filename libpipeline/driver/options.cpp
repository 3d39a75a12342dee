#include "driver/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "cli/command_line.h"
#include "cli/step_schema.h"
#include "cli/validator.h"
#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::driver {
namespace {

struct CommandRow {
    Command command;
    const char* name;
    const char* argument;  ///< what stands behind it
    const char* about;
    const char* details;
    const char* example;
};

constexpr std::array command_rows{
    CommandRow{
        Command::run, "run", "PIPELINE", "Runs what is not up to date.",
        "Checks the whole file first and tells all its faults at once. Results are kept in the work folder under a key "
        "made "
        "of everything that can change them: what has not changed is reused, and a step that gives the same content as "
        "before stops the change there. Stop it with Ctrl-C, kill it, cut the power: the same command goes on.",
        "cohort run pipelines/hippocampus.yaml --set data=Task04_Hippocampus --set minutes=10"},
    CommandRow{Command::plan, "plan", "PIPELINE", "Says what would run, be reused or wait, and why.",
               "Runs and writes nothing. What waits may still be reused, if what it waits for gives the same content "
               "as before.",
               "cohort plan pipelines/hippocampus.yaml --set data=Task04_Hippocampus --set minutes=20"},
    CommandRow{Command::status, "status", "[PIPELINE]", "Shows how pipelines stand, while they run and afterwards.",
               "PIPELINE is the file, or the name inside it. Without it, all pipelines of the work folder are shown.",
               "cohort status hippocampus"},
    CommandRow{Command::graph, "graph", "PIPELINE", "Prints the graph of steps, for Graphviz.", "",
               "cohort graph pipelines/demo.yaml | dot -Tsvg > demo.svg"},
    CommandRow{Command::gc, "gc", "", "Removes results that no pipeline reaches any more.",
               "A result is reached if a link below WORK/runs leads to it, or if an unfinished run was making it. "
               "Results that were "
               "superseded (another parameter, another input) are reached by nothing and go.",
               "cohort gc --older-than 30d --dry-run"},
};

constexpr unsigned bit(Command command) { return 1u << static_cast<unsigned>(command); }
constexpr unsigned running = bit(Command::run) | bit(Command::plan);
constexpr unsigned reading = running | bit(Command::graph);
constexpr unsigned all = reading | bit(Command::status) | bit(Command::gc);

using Take = void (*)(Options&, const std::string& value);

struct OptionRow {
    const char* flag;
    const char* value;  ///< placeholder; empty for a switch
    const char* group;
    unsigned commands;
    const char* about;
    Take take;
};

[[noreturn]] void refuse(const std::string& sentence) { throw Error(Exit::usage, sentence); }

unsigned whole(const std::string& flag, const std::string& text, unsigned least) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > 1'000'000)
        refuse(flag + " takes a whole number from " + std::to_string(least) + " on, not '" + printable(text) + "'.");
    return value;
}

void take_names(std::vector<std::string>& names, const std::string& value) {
    for (std::size_t from = 0;;) {
        const auto comma = value.find(',', from);
        names.push_back(value.substr(from, comma == std::string::npos ? comma : comma - from));
        if (comma == std::string::npos) return;
        from = comma + 1;
    }
}

void take_set(Options& options, const std::string& value) {
    const auto equals = value.find('=');
    if (equals == std::string::npos || equals == 0) refuse("--set takes NAME=VALUE, not '" + printable(value) + "'.");
    options.set.push_back({value.substr(0, equals), value.substr(equals + 1)});
}

void take_memory(Options& options, const std::string& value) {
    options.memory = parse_bytes(value);
    if (!options.memory || *options.memory == 0)
        refuse("--memory takes a size such as 8 GiB, not '" + printable(value) + "'.");
}

void take_progress(Options& options, const std::string& value) {
    if (value != "auto" && value != "live" && value != "lines" && value != "none")
        refuse("--progress takes auto, live, lines or none, not '" + printable(value) + "'.");
    options.progress = value;
}

void take_age(Options& options, const std::string& value) {
    const auto age = parse_age(value);
    if (!age) refuse("--older-than takes an age such as 12h, 30d or 2w, not '" + printable(value) + "'.");
    options.older_than_s = *age;
}

constexpr std::array option_rows{
    OptionRow{
        "--set", "NAME=VALUE", "Pipeline", reading,
        "Give a variable of the pipeline a value; lists as a,b,c. Relative paths count from the working directory.",
        take_set},
    OptionRow{"--only", "STEP", "What to run", running,
              "Run this step's jobs alone; what they need must have a current result. Repeats or takes commas.",
              [](Options& o, const std::string& v) { take_names(o.only, v); }},
    OptionRow{"--from", "STEP", "What to run", running,
              "Run this step's jobs and all that depend on them; what they need must have a current result.",
              [](Options& o, const std::string& v) { take_names(o.from, v); }},
    OptionRow{"--force", "STEP", "What to run", running,
              "Run this step's jobs even if they have current results; the old ones stay until the new ones are whole.",
              [](Options& o, const std::string& v) { take_names(o.force, v); }},
    OptionRow{"--keep-going", "", "What to run", running,
              "After a failure, go on with everything that does not depend on it.",
              [](Options& o, const std::string&) { o.keep_going = true; }},
    OptionRow{"--jobs", "N", "Resources", running, "Most jobs at once. [default: as many as fit]",
              [](Options& o, const std::string& v) { o.jobs = whole("--jobs", v, 1); }},
    OptionRow{"--cores", "N", "Resources", running,
              "CPU cores for all jobs together. [default: what affinity, cgroup and SLURM allow]",
              [](Options& o, const std::string& v) { o.cores = whole("--cores", v, 1); }},
    OptionRow{"--memory", "SIZE", "Resources", running,
              "Memory for all jobs together, such as 8 GiB. [default: 80 % of what is allowed]", take_memory},
    OptionRow{"--gpus", "N", "Resources", running, "GPUs for all jobs together. [default: those that are visible]",
              [](Options& o, const std::string& v) { o.gpus = whole("--gpus", v, 0); }},
    OptionRow{"--pipeline", "NAME", "What to remove", bit(Command::gc),
              "Forget this pipeline first: its links, logs and summary go, and then what only it reached. Repeats or "
              "takes commas.",
              [](Options& o, const std::string& v) { take_names(o.forget, v); }},
    OptionRow{"--older-than", "AGE", "What to remove", bit(Command::gc),
              "Only results at least this old, such as 12h, 30d or 2w. [default 0]", take_age},
    OptionRow{"--dry-run", "", "What to remove", bit(Command::gc), "Say what would go, and remove nothing.",
              [](Options& o, const std::string&) { o.dry_run = true; }},
    OptionRow{"--by-job", "", "Output", bit(Command::graph), "One box for each job, not for each step.",
              [](Options& o, const std::string&) { o.by_job = true; }},
    OptionRow{"--json", "", "Output", bit(Command::plan) | bit(Command::status) | bit(Command::gc),
              "Print JSON, for machines.", [](Options& o, const std::string&) { o.json = true; }},
    OptionRow{"--work", "DIR", "Place", all & ~bit(Command::graph),
              "Work folder. [default: $COHORT_WORK, else .cohort in the working directory]",
              [](Options& o, const std::string& v) { o.work = v; }},
    OptionRow{"--progress", "STYLE", "Messages", bit(Command::run),
              "live (a line for each running job, redrawn), lines (one for each change), none. [default auto: live on "
              "a terminal]",
              take_progress},
    OptionRow{"--quiet", "", "Messages", bit(Command::run), "Failures and the end's table only.",
              [](Options& o, const std::string&) { o.quiet = true; }},
    OptionRow{"--verbose", "", "Messages", bit(Command::run), "Name reused jobs, too.",
              [](Options& o, const std::string&) { o.verbose = true; }},
};

const CommandRow* command_named(std::string_view name) {
    for (const auto& row : command_rows)
        if (row.name == name) return &row;
    return nullptr;
}

void parse_flag(Options& options, const CommandRow& command, const std::vector<std::string>& words, std::size_t& at) {
    const std::string& word = words[at];
    const auto equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    std::vector<std::string> flags;
    for (const auto& row : option_rows) {
        if ((row.commands & bit(command.command)) == 0) continue;
        flags.emplace_back(row.flag);
        if (flag != row.flag) continue;
        const bool is_switch = row.value[0] == '\0';
        if (is_switch && equals != std::string::npos) refuse(flag + " takes no value.");
        if (is_switch) return row.take(options, "");
        if (equals != std::string::npos) return row.take(options, word.substr(equals + 1));
        if (at + 1 == words.size()) refuse(flag + " needs a value (" + row.value + "): " + row.about);
        return row.take(options, words[++at]);
    }
    const std::string ending = cli::unknown_name_ending(flag, flags);
    refuse("cohort " + std::string(command.name) + " has no option " + printable(flag) +
           (ending == "." ? "; see cohort " + std::string(command.name) + " --help." : ending));
}

void parse_argument(Options& options, const CommandRow& command, const std::string& word) {
    const bool takes_one = command.argument[0] != '\0';
    if (!takes_one || !options.pipeline.empty())
        refuse("'" + printable(word) + "' is one argument too many; see cohort " + command.name + " --help.");
    options.pipeline = word;
}

Options parse_step(const std::vector<std::string>& words) {
    Options options;
    options.command = Command::step;
    options.step = words[0] == "anonymize" ? "anonymise" : words[0];
    options.step_words.assign(words.begin() + 1, words.end());
    return options;
}

/// Wrapped at blanks to 100 columns, further lines indented by `indent`.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t column) {
    constexpr std::size_t width = 100;
    std::string result;
    for (std::size_t from = 0; from < text.size();) {
        const auto end = std::min(text.find(' ', from), text.size());
        const std::string word = text.substr(from, end - from);
        if (column > indent && column + 1 + word.size() > width) {
            result += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            result += ' ';
            ++column;
        }
        result += word;
        column += word.size();
        from = end + 1;
    }
    return result;
}

std::string row_text(const std::string& head, const std::string& about) {
    constexpr std::size_t indent = 24;
    std::string text = "  " + head;
    text += text.size() + 2 > indent ? "\n" + std::string(indent, ' ') : std::string(indent - text.size(), ' ');
    return text + wrapped(about, indent, indent) + "\n";
}

std::string exit_codes_text() {
    std::string text = "Exit codes\n ";
    std::string line;
    for (const auto& code : cli::all_exit_codes())
        line += (line.empty() ? "" : " · ") + std::to_string(code.code) + " " + std::string(code.brief);
    return text + " " + wrapped(line, 2, 2) + "\n";
}

std::string general_help() {
    std::string text =
        "cohort — from raw medical images to trained, evaluated models, by small programs and one pipeline file.\n\n"
        "Usage\n  cohort COMMAND …      the driver\n  cohort STEP …         the same as cohort-STEP …\n\nCommands\n";
    for (const auto& row : command_rows)
        text += row_text(std::string(row.name) + (row.argument[0] != '\0' ? " " : "") + row.argument, row.about);
    text += "\nSteps\n";
    for (const auto& name : cli::step_names()) text += row_text(name, cli::step_schema(name).description);
    text += "\nMessages\n" + row_text("-h, --help", "Show this text; cohort COMMAND --help tells more.") +
            row_text("--describe", "Print commands and options as JSON, for machines.") +
            row_text("--version", "Print name and version.");
    text += "\nEnvironment\n" + row_text("COHORT_WORK", "Work folder where --work is not given.") +
            row_text("COHORT_BIN", "Folder of the programs cohort-STEP. [default: that of cohort itself]") +
            row_text("NO_COLOR", "No colours.");
    text += "\nExample\n  cohort run pipelines/demo.yaml\n\n" + exit_codes_text();
    return text;
}

std::string command_help(const CommandRow& command) {
    std::string text = "cohort " + std::string(command.name) + " — " + command.about + "\n\nUsage\n  cohort " +
                       command.name + " " + command.argument + (command.argument[0] != '\0' ? " " : "") + "[OPTION]…\n";
    if (command.details[0] != '\0') text += "\n" + wrapped(command.details, 0, 0) + "\n";
    std::string group;
    for (const auto& row : option_rows) {
        if ((row.commands & bit(command.command)) == 0) continue;
        if (group != row.group) text += "\n" + (group = row.group) + "\n";
        text += row_text(std::string(row.flag) + (row.value[0] != '\0' ? " " : "") + row.value, row.about);
    }
    if (group != "Messages") text += "\nMessages\n";
    text += row_text("-h, --help", "Show this text.");
    text += "\nExample\n  " + std::string(command.example) + "\n\n" + exit_codes_text();
    if (command.command == Command::run)
        text +=
            wrapped("The code is 75 if the run was stopped, else that of the failed job that stands first in the file.",
                    0, 0) +
            "\n";
    return text;
}

Json described(const OptionRow& row) {
    const std::string_view value = row.value;
    return {{"name", std::string(row.flag).substr(2)},
            {"flag", row.flag},
            {"value", value.empty() ? Json() : Json(value)},
            {"group", row.group},
            {"description", row.about},
            {"required", false},
            {"positional", false},
            {"repeats", false},
            {"schema", {{"type", value.empty() ? "boolean" : "string"}}}};
}

Json described(const CommandRow& command) {
    Json options = Json::array();
    for (const auto& row : option_rows)
        if ((row.commands & bit(command.command)) != 0) options.push_back(described(row));
    return {{"name", command.name},       {"argument", command.argument}, {"description", command.about},
            {"details", command.details}, {"example", command.example},   {"options", options}};
}

}  // namespace

Json describe() {
    Json commands = Json::array(), codes = Json::array();
    for (const auto& row : command_rows) commands.push_back(described(row));
    for (const auto& meaning : cli::all_exit_codes())
        codes.push_back({{"code", meaning.code}, {"name", meaning.brief}, {"about", meaning.about}});
    return {{"program", "cohort"},
            {"version", COHORT_VERSION},
            {"steps", cli::step_names()},
            {"description", "Runs pipelines of steps, reuses what has not changed, and starts any step by its name."},
            {"commands", commands},
            {"exit_codes", codes}};
}

Options parse_options(const std::vector<std::string>& words) {
    Options options;
    if (words.empty()) refuse("A command is missing: run, plan, status, graph, gc or a step; see cohort --help.");
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        if (words.size() > 1 && words[0] == "help") {
            if (command_named(words[1]) == nullptr) return parse_step({words[1], "--help"});
            options.help_of = words[1];
        }
        return options;
    }
    if (words[0] == "--version" || words[0] == "--describe") {
        options.command = words[0] == "--version" ? Command::version : Command::describe;
        return options;
    }
    const CommandRow* command = command_named(words[0]);
    if (command == nullptr) {
        if (words[0].starts_with('-')) refuse("cohort has no option " + printable(words[0]) + "; see cohort --help.");
        return parse_step(words);
    }
    options.command = command->command;
    for (std::size_t at = 1; at < words.size(); ++at) {
        if (words[at] == "--help" || words[at] == "-h") {
            options.command = Command::help;
            options.help_of = command->name;
            return options;
        }
        if (words[at].size() > 1 && words[at].starts_with('-'))
            parse_flag(options, *command, words, at);
        else
            parse_argument(options, *command, words[at]);
    }
    const bool needs_file = (bit(options.command) & reading) != 0;
    if (needs_file && options.pipeline.empty())
        refuse("cohort " + std::string(command->name) + " needs a pipeline file; see cohort " + command->name +
               " --help.");
    if (options.quiet && options.verbose) refuse("--quiet and --verbose exclude each other.");
    return options;
}

std::string help_text(const std::string& command) {
    const CommandRow* row = command_named(command);
    return row == nullptr ? general_help() : command_help(*row);
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    names.reserve(command_rows.size());
    for (const auto& row : command_rows) names.emplace_back(row.name);
    return names;
}

std::optional<double> parse_age(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || !(value >= 0) || value > 1e6) return std::nullopt;
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    constexpr double day = 86400;
    if (unit.empty() || unit == "d") return value * day;
    if (unit == "s") return value;
    if (unit == "min") return value * 60;
    if (unit == "h") return value * 3600;
    if (unit == "w") return value * 7 * day;
    return std::nullopt;
}

}  // namespace cohort::driver
