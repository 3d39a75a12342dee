// A step's parameters: from text to the types of the schema, checked, completed.
#include <algorithm>
#include <charconv>

#include "cli/validator.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::cli {
namespace {

template <class Number>
bool parse_number(std::string_view text, Number& number) {
    if (text.starts_with('+')) text.remove_prefix(1);  // from_chars knows no plus
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::vector<std::string> types_of(const Json& schema) {
    const auto type = schema.find("type");
    if (type == schema.end()) return {};
    if (type->is_string()) return {type->get<std::string>()};
    return type->get<std::vector<std::string>>();
}

Json split_at_commas(const std::string& text) {
    Json parts = Json::array();
    if (text.empty()) return parts;
    std::size_t from = 0;
    for (auto comma = text.find(','); comma != std::string::npos; comma = text.find(',', from)) {
        parts.push_back(text.substr(from, comma - from));
        from = comma + 1;
    }
    parts.push_back(text.substr(from));
    return parts;
}

/// A scalar as the first of `types` that it can be read as.
Json scalar_converted(const std::vector<std::string>& types, const Json& value) {
    if (!value.is_string()) {
        const bool wants_text = types.size() == 1 && types[0] == "string";
        return wants_text && (value.is_number() || value.is_boolean()) ? Json(canonical_json(value)) : value;
    }
    const auto& text = value.get_ref<const std::string&>();
    for (const auto& type : types) {
        std::int64_t whole = 0;
        double number = 0;
        if (type == "string") return value;
        if (type == "boolean" && (text == "true" || text == "false")) return text == "true";
        if ((type == "integer" || type == "number") && parse_number(text, whole)) return whole;
        if (type == "number" && parse_number(text, number)) return number;
        if (type == "null" && text == "null") return nullptr;
    }
    return value;
}

Json value_converted(const Json& schema, const Json& value) {
    const auto types = types_of(schema);
    const bool wants_list = std::find(types.begin(), types.end(), "array") != types.end();
    if (!wants_list) return scalar_converted(types, value);
    if (value.is_null() || value.is_object()) return value;
    Json list = value.is_array()    ? value
                : value.is_string() ? split_at_commas(value.get<std::string>())
                                    : Json::array({value});
    if (const auto items = schema.find("items"); items != schema.end())
        for (auto& entry : list) entry = value_converted(*items, entry);
    return list;
}

std::vector<std::string> names_of(const StepSchema& schema) {
    std::vector<std::string> names;
    for (const auto& p : schema.parameters) names.push_back(p.name);
    return names;
}

/// "--folds", "--label-names (entry 3)"; a bare argument by its placeholder.
std::string called(const Parameter& p, const std::string& rest) {
    auto name = p.positional ? p.value : p.flag;
    if (rest.empty()) return name;
    const auto index = rest.substr(1);
    std::size_t number = 0;
    if (parse_number(index, number)) return name + " (entry " + std::to_string(number + 1) + ")";
    return name + " (" + printable(index) + ")";
}

void check_one(const Parameter& p, const Json& value, std::vector<Fault>& faults) {
    const auto at = pointer_to("", p.name);
    const Naming naming = [&](const std::string& pointer) { return called(p, pointer); };
    for (auto& fault : validate(p.schema, value, naming))
        faults.push_back({at + fault.pointer, std::move(fault.sentence)});
}

}  // namespace

Json converted(const StepSchema& schema, Json parameters) {
    for (const auto& p : schema.parameters)
        if (const auto found = parameters.find(p.name); found != parameters.end())
            *found = value_converted(p.schema, *found);
    return parameters;
}

std::vector<Fault> check_parameters(const StepSchema& schema, const Json& parameters) {
    std::vector<Fault> faults;
    if (!parameters.is_object()) {
        faults.push_back({"", "Parameters must be a mapping of names to values."});
        return faults;
    }
    for (const auto& p : schema.parameters)
        if (p.required && !parameters.contains(p.name))
            faults.push_back({"", called(p, "") + " is missing: " + p.description});
    for (const auto& [name, value] : parameters.items())
        if (schema.parameter(name) == nullptr)
            faults.push_back({pointer_to("", name), "There is no parameter '" + printable(name) + "'" +
                                                        unknown_name_ending(name, names_of(schema))});
    for (const auto& p : schema.parameters)
        if (const auto found = parameters.find(p.name); found != parameters.end()) check_one(p, *found, faults);
    return faults;
}

Json with_defaults(const StepSchema& schema, Json parameters) {
    for (const auto& p : schema.parameters)
        if (const auto value = p.schema.find("default"); value != p.schema.end() && !parameters.contains(p.name))
            parameters[p.name] = *value;
    return parameters;
}

}  // namespace cohort::cli
