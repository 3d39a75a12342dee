#include "cli/step_schema.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "cli/embedded_schemas.h"
#include "core/error.h"

namespace cohort::cli {
namespace {

constexpr std::string_view steps_folder = "steps/";

const EmbeddedSchema* embedded(std::string_view folder, std::string_view name) {
    for (const auto& schema : embedded_schemas())
        if (schema.name.size() == folder.size() + name.size() && schema.name.starts_with(folder) &&
            schema.name.ends_with(name))
            return &schema;
    return nullptr;
}

/// Names of the properties as the file has them; Json sorts them, and the help must not.
std::vector<std::string> property_order(std::string_view text) {
    const auto ordered = nlohmann::ordered_json::parse(text);
    std::vector<std::string> names;
    for (const auto& [name, schema] : ordered.at("properties").items()) names.push_back(name);
    return names;
}

PathKind path_kind(const Json& cli) {
    if (cli.contains("artefact")) return PathKind::artefact;
    const auto path = cli.value("path", std::string());
    if (path == "raw") return PathKind::raw;
    if (path == "output") return PathKind::output;
    if (!path.empty()) throw Error(Exit::bug, "x-cli path is '" + path + "'; it must be raw or output.");
    return PathKind::none;
}

bool is_list(const Json& schema) {
    return schema.contains("type") && schema["type"].is_string() && schema["type"] == "array";
}

Parameter read_parameter(const std::string& name, const Json& schema, bool required) {
    const Json& cli = schema.at("x-cli");
    Parameter p;
    p.name = name;
    p.flag = cli.at("flag").get<std::string>();
    p.value = cli.value("value", std::string());
    p.group = cli.at("group").get<std::string>();
    p.description = schema.at("description").get<std::string>();
    p.schema = schema;
    p.required = required;
    p.is_list = is_list(schema);
    p.positional = cli.value("positional", false);
    p.path = path_kind(cli);
    if (cli.contains("artefact")) p.artefact_kinds = cli["artefact"].get<std::vector<std::string>>();
    p.may_be_absent = cli.value("may_be_absent", false);
    p.affects_content = cli.value("content", true);
    p.instead_of_output = cli.value("instead_of_output", false);
    p.when = cli.value("when", std::string());
    return p;
}

StepSchema read_schema(std::string_view text, std::string_view name) {
    StepSchema s;
    s.json = parse_json(text, "schema of " + std::string(name));
    s.name = s.json.at("title").get<std::string>();
    s.description = s.json.at("description").get<std::string>();
    const Json& cli = s.json.at("x-cli");
    if (cli.at("output").is_string()) s.output = cli["output"].get<std::string>();
    s.content_version = cli.at("content_version").get<int>();
    s.uses_seed = cli.at("seed").get<bool>();
    s.uses_device = cli.at("device").get<bool>();
    s.example = cli.at("example").get<std::vector<std::string>>();
    s.exit_codes = cli.value("exit_codes", std::vector<int>());
    const auto required = s.json.value("required", std::vector<std::string>());
    for (const auto& property : property_order(text)) {
        const bool needed = std::find(required.begin(), required.end(), property) != required.end();
        s.parameters.push_back(
            within([&] { return "while reading parameter " + property; },
                   [&] { return read_parameter(property, s.json["properties"][property], needed); }));
    }
    return s;
}

}  // namespace

const Parameter* StepSchema::parameter(std::string_view wanted) const {
    for (const auto& p : parameters)
        if (p.name == wanted) return &p;
    return nullptr;
}

StepSchema parse_step_schema(std::string_view text, std::string_view name) {
    try {
        return read_schema(text, name);
    } catch (const Json::exception& e) {
        throw Error(Exit::bug,
                    "The schema of '" + std::string(name) + "' does not keep to the conventions: " + e.what() + ".");
    }
}

std::vector<std::string> step_names() {
    std::vector<std::string> names;
    for (const auto& schema : embedded_schemas())
        if (schema.name.starts_with(steps_folder)) names.emplace_back(schema.name.substr(steps_folder.size()));
    std::sort(names.begin(), names.end());
    return names;
}

bool has_step(std::string_view name) { return embedded(steps_folder, name) != nullptr; }

const StepSchema& step_schema(std::string_view name) {
    static std::mutex mutex;
    static std::map<std::string, StepSchema, std::less<>> parsed;
    const std::lock_guard lock(mutex);
    if (const auto found = parsed.find(name); found != parsed.end()) return found->second;
    const auto* schema = embedded(steps_folder, name);
    if (schema == nullptr)
        throw Error(Exit::usage, "There is no step '" + std::string(name) + "'; " +
                                     (did_you_mean(name, step_names()).empty() ? "see cohort --help for all of them."
                                                                               : did_you_mean(name, step_names())));
    return parsed.emplace(std::string(name), parse_step_schema(schema->text, name)).first->second;
}

const StepSchema& options_schema() {
    static const StepSchema options = parse_step_schema(schema_text("options"), "options");
    return options;
}

std::vector<const Parameter*> options_of(const StepSchema& schema) {
    std::vector<const Parameter*> options;
    for (const auto& option : options_schema().parameters) {
        if (option.when == "output" && schema.output.empty()) continue;
        if (option.when == "seed" && !schema.uses_seed) continue;
        if (option.when == "device" && !schema.uses_device) continue;
        options.push_back(&option);
    }
    return options;
}

std::string_view schema_text(std::string_view name) {
    if (const auto* schema = embedded("", name)) return schema->text;
    throw Error(Exit::bug, "No schema '" + std::string(name) + "' is compiled in.");
}

}  // namespace cohort::cli
