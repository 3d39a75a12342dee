// A pipeline's variables: what the file declares, and what --set makes of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "driver/pipeline.h"

namespace cohort::driver {

struct Variable {
    enum class Kind { absent, scalar, list };
    Kind kind = Kind::absent;
    std::vector<std::string> items;  ///< as written; paths are absolute; one for a scalar
    Origin origin = Origin::file;
};
using Variables = std::map<std::string, Variable, std::less<>>;

/// Every variable with its value: the default, or the last --set of its name (a list as "a,b,c" or "[a, b]").
/// Faults: a value of another type, a required one without value, a --set of an unknown name.
Variables read_variables(const cli::YamlDocument& document, const PipelineSource& source, Faults& faults);

/// The file as absolute, normal path, counted from `base` if relative; no slash at its end.
std::string absolute_path(const std::filesystem::path& base, std::string_view path);

}  // namespace cohort::driver
