// Columns as levels that can be counted: categories as they are, numbers in quantile bins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/partition/cases.h"

namespace cohort::partition {

/// Numbers with at most this many different values count as categories (grades, classes coded as numbers).
inline constexpr std::size_t most_numeric_categories = 10;

/// One column turned into levels. Missing values are a level of their own, the last, where there are any.
struct Variable {
    std::string name;
    bool continuous = false;
    std::vector<double> edges;            ///< continuous: upper edges of all bins but the last, ascending
    std::vector<std::string> levels;      ///< names, as shown in the balance table
    std::vector<std::uint32_t> level_of;  ///< by case
};

/// Continuous when every present value is a number and there are more than most_numeric_categories different ones:
/// bins hold equal numbers of cases as far as ties allow (edge i is the value of rank ceil(i·n/bins), counted from 1;
/// a value belongs to the first bin whose edge is not below it). Otherwise one level per text.
Variable variable_of(const Cases& cases, std::size_t column, int bins);

/// All variables as one: a level per combination that occurs. Without variables every case has level 0.
Variable joint_variable(const std::vector<Variable>& variables, std::size_t cases);

}  // namespace cohort::partition
