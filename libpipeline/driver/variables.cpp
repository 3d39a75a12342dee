#include "driver/variables.h"

#include <charconv>

#include "core/error.h"
#include "core/files.h"

namespace cohort::driver {
namespace {

bool is_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// The sentence about a scalar that is not of its variable's type; empty when it is.
std::string type_fault(std::string_view type, std::string_view value) {
    if (type == "number" && !is_number(value)) return "must be a number, not '" + printable(value) + "'.";
    if (type == "boolean" && value != "true" && value != "false")
        return "must be true or false, not '" + printable(value) + "'.";
    if (type == "path" && value.empty()) return "must not be empty.";
    return "";
}

struct Declared {
    std::string name, type;
    bool required = false;
};

/// Scalars of a written list; false when something else stands in it.
bool list_items(const Json& written, std::vector<std::string>& items) {
    for (const Json& item : written) {
        if (!item.is_string()) return false;
        items.push_back(item.get<std::string>());
    }
    return true;
}

Variable from_default(const Declared& declared, const Json& written, const PipelineSource& source,
                      const std::string& at, Faults& faults) {
    Variable variable;
    if (written.is_null()) return variable;
    if (declared.type == "list") {
        if (!written.is_array() || !list_items(written, variable.items)) {
            faults.add(at, "The default of '" + declared.name + "' must be a list of texts and numbers.");
            return variable;
        }
        variable.kind = Variable::Kind::list;
        return variable;
    }
    if (!written.is_string()) {
        faults.add(at,
                   "The default of '" + declared.name + "' must be a single value; its type is " + declared.type + ".");
        return variable;
    }
    const auto text = written.get<std::string>();
    if (const auto fault = type_fault(declared.type, text); !fault.empty()) {
        faults.add(at, "The default of '" + declared.name + "' " + fault);
        return variable;
    }
    variable.kind = Variable::Kind::scalar;
    variable.items = {declared.type == "path" ? absolute_path(source.file.parent_path(), text) : text};
    return variable;
}

/// "1,2,3" or "[1, 2, 3]".
bool typed_list(const std::string& text, std::vector<std::string>& items) {
    if (text.starts_with('[')) {
        try {
            const auto document = cli::parse_yaml(text, "the list");
            return document.written.is_array() && list_items(document.written, items);
        } catch (const Error&) {
            return false;
        }
    }
    for (std::size_t from = 0; !text.empty();) {
        const auto comma = text.find(',', from);
        items.push_back(text.substr(from, comma == std::string::npos ? comma : comma - from));
        if (comma == std::string::npos) break;
        from = comma + 1;
    }
    return true;
}

Variable from_command_line(const Declared& declared, const std::string& text, const PipelineSource& source,
                           Faults& faults) {
    const std::string at = "--set " + declared.name;
    Variable variable;
    variable.origin = Origin::command_line;
    if (declared.type == "list") {
        variable.kind = Variable::Kind::list;
        if (!typed_list(text, variable.items))
            faults.add(at, "'" + printable(text) + "' is no list; write a,b,c or [a, b, c].");
        return variable;
    }
    if (const auto fault = type_fault(declared.type, text); !fault.empty()) {
        faults.add(at, "'" + declared.name + "' " + fault);
        return variable;
    }
    variable.kind = Variable::Kind::scalar;
    variable.items = {declared.type == "path" ? absolute_path(source.working_directory, text) : text};
    return variable;
}

/// The declaration, or nothing when the schema has found fault with it already.
bool read_declaration(const std::string& name, const Json& value, Declared& declared) {
    if (!value.is_object() || !value.contains("type") || !value["type"].is_string()) return false;
    declared.name = name;
    declared.type = value["type"].get<std::string>();
    declared.required = value.contains("required") && value["required"].is_boolean() && value["required"].get<bool>();
    return true;
}

}  // namespace

std::string absolute_path(const std::filesystem::path& base, std::string_view path) {
    std::string text = (base / std::filesystem::path(path)).lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
}

Variables read_variables(const cli::YamlDocument& document, const PipelineSource& source, Faults& faults) {
    Variables variables;
    std::vector<std::string> names;
    const Json none = Json::object();
    const bool declares =
        document.value.is_object() && document.value.contains("variables") && document.value["variables"].is_object();
    const Json& values = declares ? document.value["variables"] : none;
    for (const auto& [name, value] : values.items()) {
        names.push_back(name);
        const std::string at = cli::pointer_to("/variables", name);
        if (!is_name(name) || name == "steps")
            faults.add(at + "#key",
                       "'" + printable(name) + "' cannot name a variable; use letters, digits, '_' and '-'.");
        Declared declared;
        if (!read_declaration(name, value, declared)) continue;
        const Json& written = document.written["variables"][name];
        const auto found = written.find("default");
        Variable variable =
            from_default(declared, found == written.end() ? Json() : *found, source, at + "/default", faults);
        for (const auto& assignment : source.assignments)
            if (assignment.name == name) variable = from_command_line(declared, assignment.value, source, faults);
        if (declared.required && variable.kind == Variable::Kind::absent)
            faults.add(
                std::string(at).append("#key"),
                std::string("Variable '").append(name).append("' needs a value; give --set ").append(name) + "=VALUE.");
        variables.emplace(name, std::move(variable));
    }
    for (const auto& assignment : source.assignments)
        if (!values.contains(assignment.name))
            faults.add("--set " + assignment.name, "The pipeline has no variable '" + printable(assignment.name) + "'" +
                                                       cli::unknown_name_ending(assignment.name, names));
    return variables;
}

}  // namespace cohort::driver
