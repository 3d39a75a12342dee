#include "cli/validator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>

#include "core/error.h"
#include "core/files.h"

namespace cohort::cli {
namespace {

constexpr int most_depth = 64;                   // of the schema's own nesting: a $ref that points at itself must end
constexpr std::size_t most_pattern_text = 4096;  // std::regex recurses once per character

constexpr std::array known = {
    "type", "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
    "maxProperties", "items", "minItems", "maxItems", "uniqueItems", "enum", "const", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "oneOf", "anyOf", "$ref", "$defs",
    // annotations
    "$schema", "$id", "$comment", "title", "description", "default", "examples", "x-cli"};

/// A value as a sentence shows it: canonical, printable, short.
std::string shown(const Json& value) {
    if (value.is_object()) return "a mapping of " + std::to_string(value.size());
    if (value.is_array()) return "a list of " + std::to_string(value.size());
    if (value.is_string()) return "'" + printable(value.get_ref<const std::string&>()) + "'";
    if (value.is_number_float() && !std::isfinite(value.get<double>())) return "not finite";
    return canonical_json(value);
}

bool is_whole(const Json& value) {
    if (value.is_number_integer()) return true;
    if (!value.is_number_float()) return false;
    const double number = value.get<double>();
    return std::isfinite(number) && std::floor(number) == number;
}

bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "integer") return is_whole(value);
    return type == "number" && value.is_number();
}

std::string spoken_type(const std::string& type) {
    if (type == "object") return "a mapping";
    if (type == "array") return "a list";
    if (type == "string") return "text";
    if (type == "boolean") return "true or false";
    if (type == "integer") return "a whole number";
    return type == "number" ? "a number" : "null";
}

/// "a, b or c".
std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return text;
}

std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Checker {
public:
    Checker(const Json& root, const Naming& naming) : root_(root), naming_(naming) {}

    void check(const Json& schema, const Json& value, const std::string& at, int depth) {
        if (schema.is_boolean()) {
            if (!schema.get<bool>()) fault(at, "is not allowed here.");
            return;
        }
        if (depth > most_depth) return fault(at, "is nested too deeply.");
        if (const auto ref = schema.find("$ref"); ref != schema.end()) check(resolve(*ref), value, at, depth + 1);
        if (!check_type(schema, value, at)) return;  // what follows would only repeat it
        check_choices(schema, value, at);
        if (value.is_number()) check_number(schema, value, at);
        if (value.is_string()) check_text(schema, value.get_ref<const std::string&>(), at);
        if (value.is_array()) check_list(schema, value, at, depth);
        if (value.is_object()) check_mapping(schema, value, at, depth);
        check_alternatives(schema, value, at, depth);
    }

    std::vector<Fault> take() { return std::move(faults_); }

private:
    void fault(const std::string& at, const std::string& predicate) {
        faults_.push_back({at, naming_(at) + " " + predicate});
    }

    const Json& resolve(const Json& ref) const {
        const auto& text = ref.get_ref<const std::string&>();
        constexpr std::string_view prefix = "#/$defs/";
        const auto defs = root_.find("$defs");
        if (!text.starts_with(prefix) || defs == root_.end() || !defs->contains(text.substr(prefix.size())))
            throw Error(Exit::bug, "A schema refers to '" + text + "', which it does not define.");
        return (*defs)[text.substr(prefix.size())];
    }

    bool check_type(const Json& schema, const Json& value, const std::string& at) {
        const auto type = schema.find("type");
        if (type == schema.end()) return true;
        const auto types = type->is_array() ? type->get<std::vector<std::string>>()
                                            : std::vector<std::string>{type->get<std::string>()};
        if (std::any_of(types.begin(), types.end(), [&](const auto& t) { return has_type(value, t); })) return true;
        std::vector<std::string> spoken;
        for (const auto& t : types) spoken.push_back(spoken_type(t));
        fault(at, "must be " + listed(spoken) + ", not " + shown(value) + ".");
        return false;
    }

    void check_choices(const Json& schema, const Json& value, const std::string& at) {
        if (const auto constant = schema.find("const"); constant != schema.end() && *constant != value)
            fault(at, "must be " + shown(*constant) + ", not " + shown(value) + ".");
        const auto choices = schema.find("enum");
        if (choices == schema.end() || std::find(choices->begin(), choices->end(), value) != choices->end()) return;
        std::vector<std::string> words, texts;
        for (const auto& choice : *choices) {
            words.push_back(choice.is_string() ? choice.get<std::string>() : shown(choice));
            if (choice.is_string()) texts.push_back(choice.get<std::string>());
        }
        fault(at, "must be " + listed(words) + ", not " + shown(value) +
                      (value.is_string() ? unknown_name_ending(value.get_ref<const std::string&>(), texts) : "."));
    }

    void check_number(const Json& schema, const Json& value, const std::string& at) {
        if (value.is_number_float() && !std::isfinite(value.get<double>())) return fault(at, "must be finite.");
        const auto bound = [&](const char* keyword, const char* words, auto holds) {
            const auto limit = schema.find(keyword);
            if (limit != schema.end() && !holds(value, *limit))
                fault(at, "must be " + std::string(words) + " " + shown(*limit) + ", not " + shown(value) + ".");
        };
        bound("minimum", "at least", [](const Json& v, const Json& limit) { return v >= limit; });
        bound("maximum", "at most", [](const Json& v, const Json& limit) { return v <= limit; });
        bound("exclusiveMinimum", "more than", [](const Json& v, const Json& limit) { return v > limit; });
        bound("exclusiveMaximum", "less than", [](const Json& v, const Json& limit) { return v < limit; });
    }

    void check_text(const Json& schema, const std::string& text, const std::string& at) {
        const std::size_t length = characters(text);
        if (length < schema.value("minLength", std::size_t{0}))
            fault(at, text.empty() ? "must not be empty."
                                   : "must have at least " + std::to_string(schema["minLength"].get<std::size_t>()) +
                                         " characters.");
        if (schema.contains("maxLength") && length > schema["maxLength"].get<std::size_t>())
            fault(at, "must have at most " + std::to_string(schema["maxLength"].get<std::size_t>()) + " characters.");
        const auto pattern = schema.find("pattern");
        if (pattern == schema.end()) return;
        if (matches(pattern->get<std::string>(), text)) return;
        const auto cli = schema.value("x-cli", Json::object());  // a pattern in words, where there is one
        fault(at, "must be " + cli.value("form", "of the form " + pattern->get<std::string>()) + ", not " +
                      shown(text) + ".");
    }

    void check_list(const Json& schema, const Json& list, const std::string& at, int depth) {
        const auto count = [&](std::size_t n) { return std::to_string(n) + (n == 1 ? " entry" : " entries"); };
        if (list.size() < schema.value("minItems", std::size_t{0}))
            fault(at, "must have at least " + count(schema["minItems"].get<std::size_t>()) + ", not " +
                          std::to_string(list.size()) + ".");
        if (schema.contains("maxItems") && list.size() > schema["maxItems"].get<std::size_t>())
            fault(at, "must have at most " + count(schema["maxItems"].get<std::size_t>()) + ", not " +
                          std::to_string(list.size()) + ".");
        if (schema.value("uniqueItems", false)) check_unique(list, at);
        const auto items = schema.find("items");
        if (items == schema.end()) return;
        for (std::size_t i = 0; i < list.size(); ++i)
            check(*items, list[i], pointer_to(at, std::to_string(i)), depth + 1);
    }

    void check_unique(const Json& list, const std::string& at) {
        std::vector<Json> sorted(list.begin(), list.end());
        std::sort(sorted.begin(), sorted.end());
        const auto twin = std::adjacent_find(sorted.begin(), sorted.end());
        if (twin != sorted.end()) fault(at, "names " + shown(*twin) + " twice.");
    }

    void check_mapping(const Json& schema, const Json& object, const std::string& at, int depth) {
        for (const auto& name : schema.value("required", Json::array()))
            if (!object.contains(name.get_ref<const std::string&>()))
                faults_.push_back({at, naming_(pointer_to(at, name.get<std::string>())) + " is missing."});
        if (object.size() < schema.value("minProperties", std::size_t{0}))
            fault(at, object.empty() ? "must not be empty." : "has too few entries.");
        if (schema.contains("maxProperties") && object.size() > schema["maxProperties"].get<std::size_t>())
            fault(at, "has too many entries (" + std::to_string(object.size()) + ").");
        for (const auto& [name, value] : object.items()) {
            const auto below = pointer_to(at, name);
            if (const auto names = schema.find("propertyNames"); names != schema.end())
                check(*names, Json(name), below, depth + 1);
            check_member(schema, name, value, below, depth);
        }
    }

    void check_member(const Json& schema, const std::string& name, const Json& value, const std::string& at,
                      int depth) {
        bool matched = false;
        std::vector<std::string> names;
        if (const auto properties = schema.find("properties"); properties != schema.end()) {
            for (const auto& [key, unused] : properties->items()) names.push_back(key);
            if (const auto own = properties->find(name); own != properties->end()) {
                matched = true;
                check(*own, value, at, depth + 1);
            }
        }
        if (const auto patterns = schema.find("patternProperties"); patterns != schema.end())
            for (const auto& [pattern, own] : patterns->items())
                if (matches(pattern, name)) {
                    matched = true;
                    check(own, value, at, depth + 1);
                }
        const auto additional = schema.find("additionalProperties");
        if (matched || additional == schema.end()) return;
        if (additional->is_boolean() && !additional->get<bool>())
            return fault(at, "is not known here" + unknown_name_ending(name, names));
        check(*additional, value, at, depth + 1);
    }

    /// anyOf and oneOf. When none fits, the faults of the branch that came closest are told: the one whose deepest
    /// fault lies deepest (the type was right, something inside was not), then the one with the fewest.
    void check_alternatives(const Json& schema, const Json& value, const std::string& at, int depth) {
        for (const char* keyword : {"anyOf", "oneOf"}) {
            const auto branches = schema.find(keyword);
            if (branches == schema.end()) continue;
            std::size_t fitting = 0;
            std::vector<Fault> nearest;
            for (const auto& branch : *branches) {
                Checker inner(root_, naming_);
                inner.check(branch, value, at, depth + 1);
                auto faults = inner.take();
                if (faults.empty())
                    ++fitting;
                else if (nearest.empty() || closeness(faults) > closeness(nearest))
                    nearest = std::move(faults);
            }
            if (fitting == 0) faults_.insert(faults_.end(), nearest.begin(), nearest.end());
            if (fitting > 1 && std::string_view(keyword) == "oneOf") fault(at, "fits more than one of its forms.");
        }
    }

    static std::pair<std::size_t, std::ptrdiff_t> closeness(const std::vector<Fault>& faults) {
        std::size_t depth = 0;
        for (const auto& f : faults)
            depth = std::max(depth, static_cast<std::size_t>(std::count(f.pointer.begin(), f.pointer.end(), '/')));
        return {depth, -static_cast<std::ptrdiff_t>(faults.size())};
    }

    static bool matches(const std::string& pattern, const std::string& text) {
        if (text.size() > most_pattern_text) return false;
        return std::regex_search(text, std::regex(pattern, std::regex::ECMAScript));
    }

    const Json& root_;
    const Naming& naming_;
    std::vector<Fault> faults_;
};

std::string dotted(const std::string& pointer) {
    if (pointer.empty()) return "The whole";
    std::string name = pointer.substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    for (const auto& [escaped, plain] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
        for (auto at = name.find(escaped); at != std::string::npos; at = name.find(escaped, at + 1))
            name.replace(at, 2, plain);
    return "'" + printable(name) + "'";
}

void collect_unknown(const Json& schema, std::vector<std::string>& unknown) {
    if (!schema.is_object()) return;
    for (const auto& [keyword, value] : schema.items()) {
        if (std::find(known.begin(), known.end(), keyword) == known.end()) unknown.push_back(keyword);
        if (keyword == "properties" || keyword == "patternProperties" || keyword == "$defs")
            for (const auto& [name, inner] : value.items()) collect_unknown(inner, unknown);
        if (keyword == "items" || keyword == "additionalProperties" || keyword == "propertyNames")
            collect_unknown(value, unknown);
        if (keyword == "oneOf" || keyword == "anyOf")
            for (const auto& inner : value) collect_unknown(inner, unknown);
    }
}

}  // namespace

std::string pointer_to(const std::string& parent, std::string_view member) {
    std::string pointer = parent + "/";
    for (const char c : member) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer += c;
    }
    return pointer;
}

std::string unknown_name_ending(std::string_view typed, const std::vector<std::string>& known_names) {
    auto hint = did_you_mean(typed, known_names);
    while (hint.ends_with(' ')) hint.pop_back();
    return hint.empty() ? "." : "; " + hint;
}

std::vector<Fault> validate(const Json& schema, const Json& value, const Naming& naming) {
    Checker checker(schema, naming);
    checker.check(schema, value, "", 0);
    return checker.take();
}

std::vector<Fault> validate(const Json& schema, const Json& value) { return validate(schema, value, dotted); }

std::vector<std::string> unknown_keywords(const Json& schema) {
    std::vector<std::string> unknown;
    collect_unknown(schema, unknown);
    return unknown;
}

}  // namespace cohort::cli
