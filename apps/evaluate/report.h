// What is said of an evaluation: summary.json, summary.md, the manifest's content and the table on the terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "measure/comparison.h"
#include "measure/evaluation.h"

namespace cohort::evaluate {

/// What the outputs say beside the scores. Lists are sorted.
struct Remarks {
    std::vector<std::string> failed;          ///< ids asked for without a usable prediction
    std::vector<std::string> unlabelled;      ///< asked for, but without a reference label: not scored
    std::vector<std::string> outside_subset;  ///< predicted, but not in the split's part: not scored
    std::vector<std::string> quarantined;     ///< set aside while reading
    std::vector<std::string> pictured;        ///< captions of the picture's rows, from the top
};

struct Report {
    measure::Evaluation evaluation;
    Remarks remarks;
    measure::ResamplingPlan plan;
    measure::Intervals intervals;
    std::optional<measure::Comparison> comparison;
};

/// Everything, for machines: convention, rule, metrics, per label and metric the statistic with its interval, the
/// foreground's means, the comparison, and every undefined score with its reason.
Json summary_json(const Report& report);

/// The evaluation's content in the manifest: cases, failed, mean_METRIC, and what was scored how; of a comparison, for
/// each metric of the foreground, difference_METRIC and p_METRIC.
Json content_of(const Report& report);

/// A page for people.
std::string summary_markdown(const Report& report);

/// A few columns for the terminal.
std::string short_table(const Report& report);

}  // namespace cohort::evaluate
