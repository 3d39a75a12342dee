// The values that a label holds.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "core/image.h"

namespace cohort::ingest {

/// After scale, ascending; `label-not-integer` if one is no integer (or the array is complex or in colours). `name` is
/// for the sentence. Cost: one pass.
std::variant<std::vector<std::int64_t>, Quarantined> label_values(const Image& label, std::string_view name);

}  // namespace cohort::ingest
