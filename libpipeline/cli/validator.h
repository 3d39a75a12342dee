// JSON Schema (2020-12), the keywords that our schemas use; a schema with any other keyword is refused by a test.
#pragma once

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

/// All faults, in the order of the document. Never throws on any value.
std::vector<Fault> validate(const Json& schema, const Json& value);

/// Keywords of `schema` (recursively) that validate() does not know.
std::vector<std::string> unknown_keywords(const Json& schema);

/// Turns scalars written as text ("3", "true", "0.5", "a,b") into the types that the parameters ask for; what cannot be
/// turned stays text, for the validator to name.
Json converted(const StepSchema& schema, Json parameters);

/// Faults of a step's parameters (unknown names come with "did you mean").
std::vector<Fault> check_parameters(const StepSchema& schema, const Json& parameters);

/// Parameters with the schema's defaults filled in. Parameters without default that were left out stay out.
Json with_defaults(const StepSchema& schema, Json parameters);

}  // namespace cohort::cli
