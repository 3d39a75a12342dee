#include "apps/@name@/@name@_parameters.h"

namespace cohort::@name@ {

@Name@Parameters @name@_parameters(const Json& json) { return {json.at("count").get<std::uint64_t>()}; }

}  // namespace cohort::@name@
