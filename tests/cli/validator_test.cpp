#include "cli/validator.h"

#include <catch2/catch.hpp>

#include "core/error.h"

using namespace cohort;
using namespace cohort::cli;

namespace {

std::vector<std::string> sentences(const Json& schema, const Json& value) {
    std::vector<std::string> all;
    for (const auto& fault : validate(schema, value)) all.push_back(fault.sentence);
    return all;
}
bool valid(const Json& schema, const Json& value) { return validate(schema, value).empty(); }
using Texts = std::vector<std::string>;

const char* const step_text = R"({
  "title": "toy", "description": "Toys.", "type": "object", "additionalProperties": false, "required": ["dataset"],
  "properties": {
    "dataset": {"type": "string", "description": "D.", "x-cli": {"flag": "--dataset", "value": "DIR", "group": "G", "artefact": ["dataset"]}},
    "folds": {"type": "integer", "minimum": 2, "maximum": 10, "default": 5, "description": "F.", "x-cli": {"flag": "--folds", "value": "N", "group": "G"}},
    "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.5, "description": "R.", "x-cli": {"flag": "--rate", "value": "X", "group": "G"}},
    "names": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [], "description": "N.", "x-cli": {"flag": "--names", "value": "N", "group": "G"}},
    "sizes": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 9}, "minItems": 1, "description": "S. Left out: none.", "x-cli": {"flag": "--sizes", "value": "N", "group": "G"}},
    "fast": {"type": "boolean", "default": false, "description": "Q.", "x-cli": {"flag": "--fast", "group": "G"}},
    "mode": {"type": "string", "enum": ["plain", "fancy"], "default": "plain", "description": "M.", "x-cli": {"flag": "--mode", "value": "NAME", "group": "G"}},
    "limit": {"type": ["integer", "null"], "minimum": 0, "maximum": 9, "default": null, "description": "L.", "x-cli": {"flag": "--limit", "value": "N", "group": "G"}}
  },
  "x-cli": {"output": "split", "content_version": 1, "seed": true, "device": false, "example": ["--dataset", "d", "--out", "s"]}})";

const StepSchema& toy() {
    static const auto schema = parse_step_schema(step_text, "toy");
    return schema;
}

}  // namespace

TEST_CASE("types are told apart, whole floats are integers, and nothing is converted on the way") {
    CHECK(valid({{"type", "integer"}}, 3));
    CHECK(valid({{"type", "integer"}}, 3.0));
    CHECK(!valid({{"type", "integer"}}, 3.5));
    CHECK(!valid({{"type", "integer"}}, "3"));
    CHECK(!valid({{"type", "integer"}}, true));
    CHECK(valid({{"type", {"integer", "null"}}}, nullptr));
    CHECK(!valid({{"type", "object"}}, Json::array()));
    CHECK(sentences({{"type", {"integer", "null"}}}, "x") ==
          Texts{"The whole must be a whole number or null, not 'x'."});
}

TEST_CASE("bounds hold at their edges") {
    const Json schema = {{"minimum", 1}, {"maximum", 3}};
    CHECK(valid(schema, 1));
    CHECK(valid(schema, 3.0));
    CHECK(sentences(schema, 0) == Texts{"The whole must be at least 1, not 0."});
    CHECK(sentences(schema, 3.5) == Texts{"The whole must be at most 3, not 3.5."});
    CHECK(!valid({{"exclusiveMinimum", 0}}, 0));
    CHECK(valid({{"exclusiveMinimum", 0}}, 1e-300));
    CHECK(!valid({{"exclusiveMaximum", 1}}, 1));
    CHECK(sentences({{"type", "number"}}, std::numeric_limits<double>::infinity()) ==
          Texts{"The whole must be finite."});
    CHECK(!valid({{"maximum", 9007199254740991}}, 9007199254740992));
}

TEST_CASE("all faults are told at once, each with its place") {
    const Json schema = {{"type", "object"},
                         {"required", {"a"}},
                         {"additionalProperties", false},
                         {"properties", {{"a", {{"type", "integer"}}}, {"list", {{"items", {{"minimum", 2}}}}}}}};
    const auto faults = validate(schema, {{"list", {1, 2, 0}}, {"lst", 1}});
    REQUIRE(faults.size() == 4);
    CHECK(faults[0] == Fault{"", "'a' is missing."});
    CHECK(faults[1] == Fault{"/list/0", "'list.0' must be at least 2, not 1."});
    CHECK(faults[2] == Fault{"/list/2", "'list.2' must be at least 2, not 0."});
    CHECK(faults[3] == Fault{"/lst", "'lst' is not known here; did you mean 'list'?"});
}

TEST_CASE("lists and texts have lengths, counted in characters") {
    CHECK(!valid({{"minItems", 2}}, Json::array({1})));
    CHECK(!valid({{"maxItems", 1}}, Json::array({1, 2})));
    CHECK(!valid({{"uniqueItems", true}}, Json::array({1, 2, 1})));
    CHECK(valid({{"uniqueItems", true}}, Json::array({1, 2, "1"})));
    CHECK(valid({{"maxLength", 2}}, "äö"));
    CHECK(!valid({{"minLength", 1}}, ""));
    CHECK(valid({{"pattern", "^[a-z]+$"}}, "abc"));
    CHECK(!valid({{"pattern", "^[a-z]+$"}}, "aBc"));
    CHECK(!valid({{"pattern", "^(a|b)*$"}}, std::string(1'000'000, 'a')));  // refused, not recursed into
}

TEST_CASE("references, patterns of names and alternatives are followed") {
    const Json schema = {{"$defs", {{"size", {{"type", "integer"}, {"minimum", 1}}}}},
                         {"type", "object"},
                         {"minProperties", 1},
                         {"propertyNames", {{"pattern", "^[a-z_]+$"}}},
                         {"patternProperties", {{"_size$", {{"$ref", "#/$defs/size"}}}}},
                         {"additionalProperties",
                          {{"anyOf", {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}}}};
    CHECK(unknown_keywords(schema).empty());
    CHECK(valid(schema, {{"x_size", 3}, {"a", "b"}, {"c", {"d"}}}));
    CHECK(!valid(schema, Json::object()));
    CHECK(sentences(schema, {{"x_size", 0}}) == Texts{"'x_size' must be at least 1, not 0."});
    CHECK(sentences(schema, {{"c", {"d", 1}}}) == Texts{"'c.1' must be text, not 1."});  // the branch that came closest
    CHECK(!valid(schema, {{"A", "b"}}));
    CHECK(!valid({{"oneOf", {{{"minimum", 1}}, {{"maximum", 5}}}}}, 3));
    CHECK(valid({{"oneOf", {{{"minimum", 1}}, {{"maximum", 5}}}}}, 7));
}

TEST_CASE("a schema that refers to itself ends") {
    const Json list = {{"$defs", {{"tree", {{"items", {{"$ref", "#/$defs/tree"}}}}}}}, {"$ref", "#/$defs/tree"}};
    CHECK(valid(list, Json::array({Json::array({Json::array()})})));
    const Json loop = {{"$defs", {{"a", {{"$ref", "#/$defs/a"}}}}}, {"$ref", "#/$defs/a"}};
    CHECK(sentences(loop, 1) == Texts{"The whole is nested too deeply."});
}

TEST_CASE("keywords that validate does not know are found wherever they stand") {
    CHECK(unknown_keywords({{"properties", {{"if", {{"type", "string"}, {"format", "date"}}}}}}) == Texts{"format"});
    CHECK(unknown_keywords({{"items", {{"multipleOf", 2}}}, {"anyOf", {{{"contains", 1}}}}}) ==
          Texts{"contains", "multipleOf"});
    CHECK(unknown_keywords({{"x-cli", {{"anything", 1}}}, {"default", {{"at", "all"}}}}).empty());
}

TEST_CASE("text becomes what the parameters ask for, or stays for the validator to name") {
    const auto read = [](Json parameters) { return converted(toy(), std::move(parameters)); };
    CHECK(read({{"folds", "7"}, {"rate", ".25"}, {"fast", "true"}}) ==
          Json{{"folds", 7}, {"rate", .25}, {"fast", true}});
    CHECK(read({{"rate", "1e-3"}, {"folds", "+3"}}) == Json{{"rate", .001}, {"folds", 3}});
    CHECK(read({{"folds", "3.5"}, {"rate", "half"}, {"fast", "yes"}}) ==
          Json{{"folds", "3.5"}, {"rate", "half"}, {"fast", "yes"}});
    CHECK(read({{"names", "a,b"}, {"sizes", {"1", "2"}}}) == Json{{"names", {"a", "b"}}, {"sizes", {1, 2}}});
    CHECK(read({{"names", "one"}, {"sizes", 3}}) == Json{{"names", {"one"}}, {"sizes", {3}}});
    CHECK(read({{"dataset", 7}, {"names", {1, 2}}}) == Json{{"dataset", "7"}, {"names", {"1", "2"}}});
    CHECK(read({{"limit", "null"}}) == Json{{"limit", nullptr}});
    CHECK(read({{"folds", "12abc"}, {"rate", ""}, {"other", "3"}}) ==
          Json{{"folds", "12abc"}, {"rate", ""}, {"other", "3"}});
    CHECK(read({{"rate", "0,5"}}) == Json{{"rate", "0,5"}});  // whatever the locale says
}

TEST_CASE("a step's faults name parameters by their flags") {
    std::vector<std::string> said;
    for (const auto& fault :
         check_parameters(toy(), {{"folds", 1}, {"sizes", {1, 10}}, {"mode", "fanci"}, {"fold", 3}}))
        said.push_back(fault.sentence);
    CHECK(said == Texts{"--dataset is missing: D.", "There is no parameter 'fold'; did you mean 'folds'?",
                        "--folds must be at least 2, not 1.", "--sizes (entry 2) must be at most 9, not 10.",
                        "--mode must be plain or fancy, not 'fanci'; did you mean 'fancy'?"});
    CHECK(check_parameters(toy(), Json::array()).size() == 1);
}

TEST_CASE("defaults fill what was left out and nothing else") {
    const auto full = with_defaults(toy(), {{"dataset", "d"}, {"folds", 3}});
    CHECK(full["folds"] == 3);
    CHECK(full["rate"] == .5);
    CHECK(full["limit"].is_null());
    CHECK(!full.contains("sizes"));
    CHECK(check_parameters(toy(), full).empty());
}

TEST_CASE("parameters keep the order of the file") {
    std::vector<std::string> names;
    for (const auto& p : toy().parameters) names.push_back(p.name);
    CHECK(names == Texts{"dataset", "folds", "rate", "names", "sizes", "fast", "mode", "limit"});
}

TEST_CASE("a schema against the conventions is a bug with a sentence") {
    CHECK_THROWS_AS(parse_step_schema("{}", "toy"), Error);
    CHECK_THROWS_AS(step_schema("partitoin"), Error);
    try {
        step_schema("partitoin");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::usage);
        CHECK(error.sentence().find("did you mean 'partition'") != std::string::npos);
    }
}
