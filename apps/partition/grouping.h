// Which cases must stay together.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apps/partition/cases.h"

namespace cohort::partition {

/// Groups numbered in ascending order of their names. A case without a value is a group of its own, named by its id.
struct Grouping {
    std::vector<std::string> names;         ///< by group
    std::vector<std::uint32_t> group_of;    ///< by case
    std::vector<std::uint32_t> sizes;       ///< by group: cases
    std::uint64_t without_value = 0;        ///< cases whose group column is missing
};
Grouping group_cases(const Cases& cases);

/// Cases (pairs of numbers, ascending) whose images are equal although their groups differ: the first case with that
/// content, and each later one of another group.
std::vector<std::pair<std::uint32_t, std::uint32_t>> identical_across_groups(const Cases& cases,
                                                                             const Grouping& grouping);

/// Joins the groups of each pair; the joined group keeps the name that is smallest as bytes. Groups are renumbered.
Grouping joined(const Grouping& grouping, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& cases_together);

}  // namespace cohort::partition
