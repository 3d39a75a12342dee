// How even the parts of a split are.
#pragma once

#include <string>
#include <vector>

#include "apps/partition/split.h"
#include "core/json.h"

namespace cohort::partition {

/// A row per fold and part that is not empty: {fold, part, samples, groups, levels: {variable: {level: samples}}}.
Json balance_json(const Split& split, const Grouping& grouping, const std::vector<Variable>& variables);

/// The same for people: aligned columns, samples and share of each level. Long tables are cut, saying so.
std::string balance_table(const Split& split, const Grouping& grouping, const std::vector<Variable>& variables);

}  // namespace cohort::partition
