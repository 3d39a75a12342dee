// Walks every compiled-in schema: the conventions that help, command line and driver rely on.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "cli/command_line.h"
#include "cli/embedded_schemas.h"
#include "cli/step_schema.h"
#include "cli/validator.h"
#include "core/error.h"

using namespace cohort;
using namespace cohort::cli;

namespace {

std::string kebab(std::string name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return "--" + name;
}

bool is_number(const Json& schema) {
    const auto type = schema.value("type", Json());
    const auto names_number = [](const Json& t) { return t == "integer" || t == "number"; };
    return type.is_array() ? std::any_of(type.begin(), type.end(), names_number) : names_number(type);
}

/// Both bounds; a real number may be without upper bound (a tolerance has none by nature).
bool has_range(const Json& schema) {
    const bool lower = schema.contains("minimum") || schema.contains("exclusiveMinimum");
    const bool upper = schema.contains("maximum") || schema.contains("exclusiveMaximum");
    return lower && (upper || schema.value("type", Json()) == "number");
}

const std::set<std::string> known_cli_keys = {"flag", "value",         "group",   "positional", "artefact",
                                              "path", "may_be_absent", "content", "when",       "form",          "instead_of_output"};
const std::set<std::string> known_step_keys = {"output", "content_version", "seed", "device", "example", "exit_codes"};
const std::set<std::string> kinds = {"dataset", "split", "plan", "model", "evaluation", "files"};

void check_parameter(const Parameter& p, bool option) {
    INFO("parameter " << p.name);
    CHECK(std::all_of(p.name.begin(), p.name.end(),
                      [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }));
    CHECK(p.flag == kebab(p.name));
    CHECK(!p.group.empty());
    CHECK(p.description.ends_with('.'));
    const bool is_switch = p.schema.value("type", Json()) == "boolean";
    CHECK(p.value.empty() == is_switch);
    if (is_switch) CHECK(p.schema.value("default", Json()) == false);
    const bool has_default = p.schema.contains("default") && !p.schema["default"].is_null();
    const bool says_absence = p.description.find("Left out:") != std::string::npos;
    CHECK((has_default || p.required || says_absence));
    if (p.schema.contains("default")) CHECK(validate(p.schema, p.schema["default"]).empty());
    if (is_number(p.schema)) CHECK(has_range(p.schema));
    if (p.is_list) REQUIRE(p.schema.contains("items"));
    if (p.is_list && is_number(p.schema["items"])) CHECK(has_range(p.schema["items"]));
    CHECK(unknown_keywords(p.schema).empty());
    for (const auto& [key, unused] : p.schema["x-cli"].items()) {
        INFO("x-cli key " << key);
        CHECK(known_cli_keys.contains(key));
    }
    for (const auto& kind : p.artefact_kinds) CHECK(kinds.contains(kind));
    if (p.may_be_absent) CHECK(p.path == PathKind::raw);
    if (!option) CHECK(p.when.empty());
}

}  // namespace

TEST_CASE("every schema that is compiled in uses only keywords that the validator knows") {
    for (const auto& schema : embedded_schemas()) {
        INFO("schemas/" << schema.name << ".json");
        const auto json = parse_json(schema.text, schema.name);
        if (!json.contains("$schema")) continue;  // data, not a schema
        CHECK(unknown_keywords(json) == std::vector<std::string>{});
        CHECK(json["$schema"] == "https://json-schema.org/draft/2020-12/schema");
        CHECK(json.value("description", std::string()).ends_with('.'));
    }
}

TEST_CASE("every step's schema says what it is by the conventions") {
    REQUIRE(!step_names().empty());
    for (const auto& name : step_names()) {
        INFO("schemas/steps/" << name << ".json");
        const auto& schema = step_schema(name);
        CHECK(schema.name == name);
        CHECK(schema.description.ends_with('.'));
        CHECK((schema.output.empty() || kinds.contains(schema.output)));
        CHECK(schema.content_version >= 1);
        CHECK(schema.json.value("type", Json()) == "object");
        CHECK(schema.json.value("additionalProperties", Json()) == false);
        for (const auto& [key, unused] : schema.json["x-cli"].items()) {
            INFO("x-cli key " << key);
            CHECK(known_step_keys.contains(key));
        }
        for (const auto& required : schema.json.value("required", Json::array()))
            CHECK(schema.parameter(required.get<std::string>()) != nullptr);
    }
}

TEST_CASE(
    "every parameter is described, has a group, a flag of its name, a range, and a default or a word on its absence") {
    for (const auto& name : step_names()) {
        INFO("schemas/steps/" << name << ".json");
        for (const auto& p : step_schema(name).parameters) check_parameter(p, false);
    }
    for (const auto& p : options_schema().parameters) check_parameter(p, true);
}

TEST_CASE("no parameter takes the name of a common option") {
    for (const auto& name : step_names())
        for (const auto& p : step_schema(name).parameters) {
            INFO(name << " " << p.name);
            CHECK(options_schema().parameter(p.name) == nullptr);
        }
}

TEST_CASE("every step's example is a command line that its own schema accepts") {
    for (const auto& name : step_names()) {
        INFO("schemas/steps/" << name << ".json");
        const auto& schema = step_schema(name);
        REQUIRE(!schema.example.empty());
        std::vector<const char*> argv = {"cohort"};
        for (const auto& word : schema.example) argv.push_back(word.c_str());
        std::string refusal;
        try {
            parse_command_line(schema, static_cast<int>(argv.size()), argv.data());
        } catch (const Error& error) {
            refusal = error.what();
        }
        CHECK(refusal == "");
    }
}
