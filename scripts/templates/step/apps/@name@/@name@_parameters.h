// Parameters of cohort-@name@, as one plain struct.
#pragma once

#include <cstdint>

#include "core/json.h"

namespace cohort::@name@ {

/// What the user asked for; described in schemas/steps/@name@.json.
struct @Name@Parameters {
    std::uint64_t count = 0;  ///< samples to keep
};

/// From parameters that are valid against the schema.
@Name@Parameters @name@_parameters(const Json& json);

}  // namespace cohort::@name@
