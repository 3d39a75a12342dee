// JSON Schema (2020-12), the keywords that our schemas use; a schema with any other keyword is refused by a test.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/step_schema.h"
#include "core/json.h"

namespace cohort::cli {

/// One thing that is wrong, where (JSON pointer into the value, "" for the whole) and in which words.
struct Fault {
    std::string pointer;
    std::string sentence;
    friend bool operator==(const Fault&, const Fault&) = default;
};

/// What a sentence calls the value at a pointer: "steps.raw.with", "--folds".
using Naming = std::function<std::string(const std::string& pointer)>;

/// All faults, in the order of the document (keys sorted, as Json keeps them). Never throws on any value. Known
/// keywords: type properties required additionalProperties patternProperties propertyNames minProperties maxProperties
/// items minItems maxItems uniqueItems enum const minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength
/// pattern oneOf anyOf $ref (to #/$defs/NAME); annotations are passed over. Without `naming` a value is called by its
/// dotted path.
std::vector<Fault> validate(const Json& schema, const Json& value);
std::vector<Fault> validate(const Json& schema, const Json& value, const Naming& naming);

/// Keywords of `schema` (recursively) that validate() does not know.
std::vector<std::string> unknown_keywords(const Json& schema);

/// "/steps/raw/with" from its parts; '~' and '/' within a part are escaped as RFC 6901 says.
std::string pointer_to(const std::string& parent, std::string_view member);

/// Turns scalars written as text ("3", "true", "0.5", "a,b") into the types that the parameters ask for, and numbers
/// into text where text is asked for; what cannot be turned stays as it is, for the validator to name.
Json converted(const StepSchema& schema, Json parameters);

/// Faults of a step's parameters (unknown names come with "did you mean"), required ones first, then in the help's
/// order.
std::vector<Fault> check_parameters(const StepSchema& schema, const Json& parameters);

/// Parameters with the schema's defaults filled in. Parameters without default that were left out stay out.
Json with_defaults(const StepSchema& schema, Json parameters);

/// "; did you mean 'x'?" or ".": the end of a sentence about an unknown name.
std::string unknown_name_ending(std::string_view typed, const std::vector<std::string>& known);

}  // namespace cohort::cli
