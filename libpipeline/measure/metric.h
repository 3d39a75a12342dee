// What a metric is, and the lists of them.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/case_label.h"

namespace cohort::measure {

/// A number, or undefined with a reason (a stable word: both_empty, ref_empty, pred_empty, ref_fills_image,
/// no_contour, convention_raises). Infinite scores are defined.
struct Score {
    double value = std::numeric_limits<double>::quiet_NaN();
    std::string_view reason = {};
};

/// What a case without its prediction is given: overlap and surface agreement 0, volumes and distances as for an empty
/// prediction.
enum class Family { overlap, volume, distance, surface };

/// Which direction is good, for "worst" and "best" and for the sign of a comparison.
enum class Better { higher, lower, neither };

struct Metric {
    std::string_view name;   ///< column of cases.csv: lower case, unit at the end
    std::string_view unit;   ///< "mm", "mm3", "" for a ratio
    std::string_view about;  ///< one sentence: definition and edge rule
    Family family;
    Better better;
    Score (*compute)(CaseLabel&);
};

/// A set of definitions: ours, or those of another program.
struct Convention {
    std::string_view name;   ///< as --compat takes it
    std::string_view about;  ///< what differs, a sentence
    std::string_view empty;  ///< its rule for empty masks, a sentence
    std::span<const Metric> metrics;
};

/// All conventions, ours ("cohort") first. Each metric's name is unique within its convention.
std::span<const Convention> all_conventions();
/// By name or alias (simpleitk is seg-metrics); null when unknown.
const Convention* convention_named(std::string_view name);
const Metric* metric_named(const Convention& convention, std::string_view name);

/// The metric's score, with the rule for failed cases applied: the only way in which scores are made.
Score score(const Metric& metric, CaseLabel& case_label);

/// The rule for empty masks as it stands in every output: a convention's own, or ours with `rules`.
std::string empty_rule_text(const Convention& convention, const Rules& rules);

}  // namespace cohort::measure
