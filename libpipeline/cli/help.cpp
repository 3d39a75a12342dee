// The help for people and the description for machines, both from the schema alone.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "cli/command_line.h"
#include "cli/terminal.h"
#include "core/error.h"
#include "core/quarantine.h"

namespace cohort::cli {
namespace {

constexpr std::array<ExitMeaning, 10> exit_meanings = {{
    {0, "done", "Done."},
    {1, "bug", "A fault of the program itself; the message asks for a report."},
    {2, "usage", "Command line, parameters or pipeline file are wrong."},
    {3, "input", "An input is missing, unreadable or of the wrong kind."},
    {4, "check failed", "A check failed: a comparison differs, an expectation is not met, verification failed."},
    {5, "resources", "Memory, disk or device does not suffice; the message says what to lower."},
    {6, "output", "The output exists or cannot be written."},
    {7, "privacy", "Refused for privacy."},
    {8, "quarantined", "Done and published, but more inputs are quarantined than was accepted."},
    {75, "stopped", "Stopped by SIGTERM, SIGINT or SIGUSR1 with state saved: the same command goes on."},
}};

constexpr std::size_t widest_left = 26;
constexpr char kept_blank = '\x01';  // a blank at which no line is broken

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// `text` wrapped at blanks, continued at `indent`; the first line is taken to begin at column `at`.
std::string wrapped(std::string_view text, std::size_t at, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t column = at;
    bool line_has_word = false;
    while (!text.empty()) {
        const auto blank = text.find(' ');
        const auto word = text.substr(0, blank);
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
        if (line_has_word && column + 1 + columns(word) > width) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
            line_has_word = false;
        }
        if (line_has_word) out += ' ', ++column;
        out += word;
        column += columns(word);
        line_has_word = true;
    }
    std::replace(out.begin(), out.end(), kept_blank, ' ');
    return out;
}

std::string as_typed(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return canonical_json(value);
    std::string text;
    for (const auto& entry : value) text += (text.empty() ? "" : ",") + as_typed(entry);
    return text;
}

/// "2 to 1000", "at least 0", "more than 0, at most 1"; empty without bounds.
std::string range_of(const Json& schema) {
    const auto bound = [&](const char* keyword) { return schema.contains(keyword) ? as_typed(schema[keyword]) : ""; };
    const auto least = bound("minimum"), most = bound("maximum");
    const auto above = bound("exclusiveMinimum"), below = bound("exclusiveMaximum");
    if (!least.empty() && !most.empty()) return least + " to " + most;
    std::string lower = !least.empty() ? "at least " + least : !above.empty() ? "more than " + above : "";
    const std::string upper = !most.empty() ? "at most " + most : !below.empty() ? "less than " + below : "";
    return lower.empty() ? upper : upper.empty() ? lower : lower + ", " + upper;
}

std::string choices_of(const Json& schema) {
    std::string text;
    for (const auto& choice : schema.value("enum", Json::array()))
        text += (text.empty() ? "" : ", ") + as_typed(choice);
    return text.empty() ? text : "one of " + text;
}

/// "[default 5; 2 to 1000]", "(required)".
std::string remarks(const Parameter& p) {
    std::vector<std::string> notes;
    const auto given = p.schema.find("default");
    const bool is_switch = p.value.empty();
    const bool is_empty =
        given != p.schema.end() && (given->is_string() || given->is_array()) && as_typed(*given).empty();
    if (given != p.schema.end() && !is_switch && !is_empty) notes.push_back("default " + as_typed(*given));
    const Json& valued = p.is_list && p.schema.contains("items") ? p.schema["items"] : p.schema;
    for (const auto& note : {range_of(valued), choices_of(valued)})
        if (!note.empty()) notes.push_back(note);
    std::string text = p.required ? " (required)" : "";
    if (notes.empty()) return text;
    text += " [";
    for (std::size_t i = 0; i < notes.size(); ++i) text += (i == 0 ? "" : "; ") + notes[i];
    return text + "]";
}

std::string left_column(const Parameter& p) {
    auto value = p.value + (p.is_list ? p.positional ? " …" : ",…" : "");
    if (p.positional) return value;
    return (p.name == "help" ? "-h, " : "") + p.flag + (p.value.empty() ? "" : " " + value);
}

std::string heading(const std::string& text, bool bold) { return bold ? "\x1b[1m" + text + "\x1b[0m\n" : text + "\n"; }

std::string lower_first(std::string text) {
    // "NIfTI …" keeps its capitals: only a word of one leading capital is lowered
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0)
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

std::vector<const Parameter*> all_options(const StepSchema& schema) {
    std::vector<const Parameter*> all;
    for (const auto& p : schema.parameters) all.push_back(&p);
    for (const auto* option : options_of(schema)) all.push_back(option);
    return all;
}

std::string option_lines(const StepSchema& schema, const HelpStyle& style) {
    const auto all = all_options(schema);
    std::size_t left = 0;  // one long name must not push everything to the right: it gets a line of its own
    for (const auto* p : all)
        if (const auto wide = columns(left_column(*p)); wide <= widest_left) left = std::max(left, wide);
    std::string text;
    std::vector<std::string> done;  // groups by first appearance
    for (const auto* first : all) {
        if (std::find(done.begin(), done.end(), first->group) != done.end()) continue;
        done.push_back(first->group);
        text += "\n" + heading(first->group, style.bold);
        for (const auto* p : all) {
            if (p->group != first->group) continue;
            const auto name = left_column(*p);
            const std::size_t indent = left + 4;
            text += "  " + name;
            text +=
                columns(name) > left ? "\n" + std::string(indent, ' ') : std::string(indent - 2 - columns(name), ' ');
            text += wrapped(p->description + remarks(*p), indent, indent, style.width) + "\n";
        }
    }
    return text;
}

/// A word as a shell takes it.
std::string quoted(const std::string& word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,/:%@";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string example_line(const StepSchema& schema) {
    std::string line = "cohort-" + schema.name;
    for (const auto& word : schema.example) line += " " + quoted(word);
    return line;
}

std::string exit_line(const StepSchema& schema) {
    std::string line;
    for (const auto& meaning : exit_codes_of(schema)) {
        std::string item = std::to_string(meaning.code) + " " + std::string(meaning.brief);
        std::replace(item.begin(), item.end(), ' ', kept_blank);
        line += (line.empty() ? "" : " · ") + item;
    }
    return line;
}

Json described(const Parameter& p) {
    Json out = {{"name", p.name},         {"flag", p.positional ? Json() : Json(p.flag)},
                {"group", p.group},       {"description", p.description},
                {"required", p.required}, {"positional", p.positional},
                {"repeats", p.is_list},   {"value", p.value.empty() ? Json() : Json(p.value)}};
    Json schema = p.schema;
    for (const char* said : {"description", "x-cli"}) schema.erase(said);
    out["schema"] = std::move(schema);
    const char* const kinds[] = {nullptr, "artefact", "raw", "output"};
    if (p.path != PathKind::none) out["path"] = kinds[static_cast<int>(p.path)];
    if (!p.artefact_kinds.empty()) out["artefact_kinds"] = p.artefact_kinds;
    out["affects_content"] = p.affects_content && p.path != PathKind::output;
    return out;
}

}  // namespace

HelpStyle help_style_of_stdout() {
    HelpStyle style;
    winsize size{};
    if (isatty(STDOUT_FILENO) == 0) return style;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        style.width = std::clamp<std::size_t>(size.ws_col, 50, 100);
    style.bold = colour_wanted(STDOUT_FILENO);
    return style;
}

std::vector<ExitMeaning> all_exit_codes() { return {exit_meanings.begin(), exit_meanings.end()}; }

std::vector<ExitMeaning> exit_codes_of(const StepSchema& schema) {
    const auto applies = [&](int code) {
        if (std::find(schema.exit_codes.begin(), schema.exit_codes.end(), code) != schema.exit_codes.end()) return true;
        const bool makes = !schema.output.empty();
        const auto writes = [](const Parameter& p) { return p.path == PathKind::output; };
        if (code == 6) return makes || std::any_of(schema.parameters.begin(), schema.parameters.end(), writes);
        if (code == 8 || code == 75) return makes;
        if (code == 7) return schema.output == "files" || schema.parameter("allow_identified") != nullptr;
        return true;
    };
    std::vector<ExitMeaning> codes;
    for (const auto& meaning : exit_meanings)
        if (applies(meaning.code)) codes.push_back(meaning);
    return codes;
}

std::string help_text(const StepSchema& schema, const HelpStyle& style) {
    const std::string title = "cohort-" + schema.name;
    std::string text = wrapped(title + " — " + lower_first(schema.description), 0, 2, style.width) + "\n";
    if (style.bold) text = "\x1b[1m" + title + "\x1b[0m" + text.substr(title.size());
    text += option_lines(schema, style);
    if (!schema.example.empty())
        text += "\n" + heading("Example", style.bold) + "  " + wrapped(example_line(schema), 2, 6, style.width) + "\n";
    return text + "\n" + heading("Exit codes", style.bold) + "  " + wrapped(exit_line(schema), 2, 2, style.width) +
           "\n";
}

Json describe(const StepSchema& schema) {
    Json parameters = Json::array(), options = Json::array(), codes = Json::array();
    for (const auto& p : schema.parameters) parameters.push_back(described(p));
    for (const auto* option : options_of(schema)) options.push_back(described(*option));
    for (const auto& meaning : exit_codes_of(schema))
        codes.push_back({{"code", meaning.code}, {"name", meaning.brief}, {"about", meaning.about}});
    Json out = {{"program", "cohort-" + schema.name}, {"step", schema.name},
                {"version", COHORT_VERSION},          {"content_version", schema.content_version},
                {"description", schema.description},  {"output", schema.output.empty() ? Json() : Json(schema.output)},
                {"uses_seed", schema.uses_seed},      {"uses_device", schema.uses_device},
                {"parameters", parameters},           {"options", options},
                {"example", example_line(schema)},    {"exit_codes", codes}};
    if (schema.output == "dataset") {  // what may stand in its quarantine.jsonl
        Json reasons = Json::array();
        for (const auto& reason : all_reasons()) reasons.push_back({{"word", reason.word}, {"about", reason.about}});
        out["quarantine_reasons"] = std::move(reasons);
    }
    return out;
}

}  // namespace cohort::cli
