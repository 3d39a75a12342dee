#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>

#include "cli/validator.h"
#include "cli/yaml.h"
#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::cli {
namespace {

/// CLI11 stops at the first flag without value; so that all faults can be told, it gets this value instead.
const std::string no_value = "\x01";

/// What was typed, by parameter name, before any of it means something.
struct Typed {
    std::map<std::string, std::vector<std::string>> values;
    std::vector<std::string> extras;  ///< what belongs to nothing, in order
};

std::string option_name(const Parameter& p) {
    if (p.positional) return p.name;
    return p.name == "help" ? "-h,--help" : p.flag;
}

bool is_switch(const Parameter& p) { return p.schema.value("type", Json()) == "boolean"; }

Typed split_words(const StepSchema& schema, int argc, const char* const* argv) {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::vector<std::pair<const Parameter*, CLI::Option*>> options;
    const auto add = [&](const Parameter& p) {
        CLI::Option* option = is_switch(p) ? app.add_flag(option_name(p)) : app.add_option(option_name(p));
        if (p.positional)
            option->expected(p.is_list ? -1 : 1);  // CLI11: −1 is "as many as there are"
        else if (!is_switch(p))
            option->expected(0, 1)->default_str(no_value);
        option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        options.emplace_back(&p, option);
    };
    for (const auto& p : schema.parameters) add(p);
    for (const auto* p : options_of(schema)) add(*p);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        throw Error(Exit::usage, std::string(error.what()) + ". See cohort-" + schema.name + " --help.");
    }
    Typed typed;
    for (const auto& [parameter, option] : options)
        if (option->count() > 0) typed.values[parameter->name] = option->results();
    typed.extras = app.remaining();
    return typed;
}

/// Reads the typed values of one schema's parameters into `into`; flags win over what stands there.
class Gathering {
public:
    explicit Gathering(const Typed& typed) : typed_(typed) {}

    void read(const Parameter& p, Json& into) {
        const auto found = typed_.values.find(p.name);
        if (found == typed_.values.end()) return;
        const auto& values = found->second;
        const auto name = p.positional ? p.value : p.flag;
        if (std::find(values.begin(), values.end(), no_value) != values.end()) {
            faults.push_back(name + " needs a value (" + p.value + "): " + p.description);
            without_value.push_back(name);
        } else if (p.is_list) {
            into[p.name] = joined(p, values);
        } else {
            if (values.size() > 1 && !is_switch(p))
                faults.push_back(name + " is given " + std::to_string(values.size()) + " times; it takes one value.");
            into[p.name] = values.back();
        }
    }

    std::vector<std::string> faults;
    std::vector<std::string> without_value;  ///< that these are then missing goes without saying

private:
    /// Lists repeat the flag or take commas; bare arguments are taken as they are (a shell's glob may hold commas).
    static Json joined(const Parameter& p, const std::vector<std::string>& values) {
        Json list = Json::array();
        for (const auto& value : values) {
            for (std::size_t from = 0;;) {
                const auto comma = p.positional ? std::string::npos : value.find(',', from);
                list.push_back(value.substr(from, comma == std::string::npos ? comma : comma - from));
                if (comma == std::string::npos) break;
                from = comma + 1;
            }
        }
        return list;
    }

    const Typed& typed_;
};

std::vector<std::string> flags_of(const StepSchema& schema) {
    std::vector<std::string> flags;
    for (const auto& p : schema.parameters)
        if (!p.positional) flags.push_back(p.flag);
    for (const auto* p : options_of(schema)) flags.push_back(p->flag);
    return flags;
}

void tell_extras(const StepSchema& schema, const Typed& typed, std::vector<std::string>& faults) {
    const auto flags = flags_of(schema);
    bool after_unknown_flag = false;  // what follows is its value: one sentence is enough
    for (const auto& word : typed.extras) {
        if (word == "--") continue;  // only says that bare arguments follow
        const bool is_flag = word.size() > 1 && word[0] == '-';
        if (is_flag) {
            const auto flag = word.substr(0, word.find('='));
            faults.push_back("There is no option " + printable(flag) + unknown_name_ending(flag, flags));
        } else if (!after_unknown_flag) {
            faults.push_back("'" + printable(word) + "' belongs to no option.");
        }
        after_unknown_flag = is_flag && word.find('=') == std::string::npos;
    }
}

/// `--params FILE`: the step's parameters, and seed and device where the step has them (they go to `common`).
Json read_params_file(const StepSchema& schema, const std::string& file, Json& common) {
    Json parameters = read_yaml(file).written;
    if (parameters.is_null()) return Json::object();
    if (!parameters.is_object())
        throw Error(Exit::usage, printable(file) + ": parameters must be a mapping of names to values.");
    for (const auto* option : options_of(schema)) {
        if (!parameters.contains(option->name)) continue;
        if (option->name != "seed" && option->name != "device")
            throw Error(Exit::usage, printable(file) + ": '" + option->name + "' is no parameter of the step; give " +
                                         option->flag + " on the command line.");
        common[option->name] = parameters[option->name];
        parameters.erase(option->name);
    }
    return parameters;
}

/// What a schema cannot say: faults between options, and texts with a meaning of their own.
void check_together(const StepSchema& schema, const Json& parameters, const Json& common, std::vector<std::string>& faults) {
    const auto on = [&](const char* name) { return common.at(name) == true; };
    if (on("quiet") && on("verbose")) faults.emplace_back("--quiet and --verbose exclude each other.");
    const auto instead = std::find_if(schema.parameters.begin(), schema.parameters.end(), [&](const Parameter& p) {
        return p.instead_of_output && parameters.contains(p.name);
    });
    if (instead != schema.parameters.end() && common.contains("out"))
        faults.push_back(instead->flag + " takes the place of --out; give one of them.");
    if (instead == schema.parameters.end() && !common.contains("out") && !schema.output.empty() && !on("dry_run"))
        faults.push_back("--out is missing: the " + schema.output + " that is made needs a place.");
    const auto memory = common.value("memory", std::string("1"));
    if (parse_bytes(memory).value_or(0) == 0)
        faults.push_back("--memory must be a size such as 8 GiB, not '" + printable(memory) + "'.");
}

/// The checked common options as a struct.
CommonOptions read_common(const Json& common, std::vector<std::string>& faults) {
    CommonOptions options;
    options.out = common.value("out", std::string());
    if (common.contains("threads")) options.threads = common["threads"].get<unsigned>();
    if (common.contains("memory")) options.memory = parse_bytes(common["memory"].get<std::string>());
    options.seed = common.at("seed").get<std::uint64_t>();
    options.device = common.at("device").get<std::string>();
    const auto acceptance = parse_acceptance(common.at("accept_quarantined").get<std::string>());
    if (acceptance)
        options.accept_quarantined = *acceptance;
    else
        faults.emplace_back("--accept-quarantined must be a number, a share of 100% at most, or all.");
    if (common.contains("log_json")) options.log_json = common["log_json"].get<std::string>();
    options.progress = parse_progress_style(common.at("progress").get<std::string>()).value();
    options.force = common.at("force").get<bool>();
    options.dry_run = common.at("dry_run").get<bool>();
    options.quiet = common.at("quiet").get<bool>();
    options.verbose = common.at("verbose").get<bool>();
    return options;
}

[[noreturn]] void refuse(const StepSchema& schema, const std::vector<std::string>& faults) {
    std::string text;
    if (faults.size() > 1) text = std::to_string(faults.size()) + " things are wrong with the command line:\n";
    for (const auto& fault : faults) text += (faults.size() > 1 ? "  " : "") + fault + (faults.size() > 1 ? "\n" : " ");
    throw Error(Exit::usage, text + "See cohort-" + schema.name + " --help.");
}

std::optional<std::string> answer_to(const StepSchema& schema, const Typed& typed) {
    const auto asked = [&](const char* name) { return typed.values.contains(name); };
    if (asked("help")) return help_text(schema, help_style_of_stdout());
    if (asked("version")) return "cohort-" + schema.name + " " + COHORT_VERSION + "\n";
    if (asked("describe")) return pretty_json(describe(schema));
    return std::nullopt;
}

}  // namespace

std::optional<ProgressStyle> parse_progress_style(std::string_view text) {
    if (text == "auto") return ProgressStyle::automatic;
    if (text == "bar") return ProgressStyle::bar;
    if (text == "lines") return ProgressStyle::lines;
    if (text == "json") return ProgressStyle::json;
    if (text == "none") return ProgressStyle::none;
    return std::nullopt;
}

bool Acceptance::accepts(std::uint64_t quarantined, std::uint64_t sources) const {
    if (kind == Kind::all || quarantined == 0) return true;
    const auto count = static_cast<double>(quarantined);
    return kind == Kind::number ? count <= value : count * 100.0 <= value * static_cast<double>(sources);
}

std::optional<Acceptance> parse_acceptance(std::string_view text) {
    if (text == "all") return Acceptance{Acceptance::Kind::all, 0};
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    Acceptance acceptance{percent ? Acceptance::Kind::percent : Acceptance::Kind::number, 0};
    std::uint64_t whole = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = percent ? std::from_chars(text.data(), last, acceptance.value, std::chars_format::fixed)
                                      : std::from_chars(text.data(), last, whole);
    if (error != std::errc() || end != last) return std::nullopt;
    if (!percent) acceptance.value = static_cast<double>(whole);
    const bool in_range = acceptance.value >= 0 && (!percent || acceptance.value <= 100);
    return in_range ? std::optional(acceptance) : std::nullopt;
}

CommandLine parse_command_line(const StepSchema& schema, int argc, const char* const* argv) {
    const Typed typed = split_words(schema, argc, argv);
    CommandLine line;
    line.answer = answer_to(schema, typed);
    if (line.answer) return line;

    Gathering gathering(typed);
    Json common = Json::object();
    for (const auto* option : options_of(schema)) gathering.read(*option, common);
    Json in_file = Json::object();
    if (common.contains("params"))
        line.parameters = read_params_file(schema, common["params"].get<std::string>(), in_file);
    for (const auto& [name, value] : in_file.items())
        if (!common.contains(name)) common[name] = value;
    for (const auto& p : schema.parameters) gathering.read(p, line.parameters);

    auto& faults = gathering.faults;
    tell_extras(schema, typed, faults);
    line.parameters = with_defaults(schema, converted(schema, std::move(line.parameters)));
    for (const auto& fault : check_parameters(schema, line.parameters)) faults.push_back(fault.sentence);
    common = with_defaults(options_schema(), converted(options_schema(), std::move(common)));
    const auto common_faults = check_parameters(options_schema(), common);
    for (const auto& fault : common_faults) faults.push_back(fault.sentence);
    check_together(schema, line.parameters, common, faults);
    if (common_faults.empty()) line.common = read_common(common, faults);
    for (const auto& name : gathering.without_value)
        std::erase_if(faults, [&](const std::string& fault) { return fault.starts_with(name + " is missing"); });
    if (!faults.empty()) refuse(schema, faults);
    return line;
}

}  // namespace cohort::cli
