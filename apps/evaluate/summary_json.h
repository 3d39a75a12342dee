// summary.json, summary.md and the table on the terminal.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "measure/evaluation.h"

namespace cohort::evaluate {

/// What the outputs say beside the scores.
struct Remarks {
    std::vector<std::string> failed;         ///< ids asked for without a usable prediction, sorted
    std::vector<std::string> unlabelled;     ///< asked for, but without a reference label: not scored
    std::vector<std::string> outside_subset; ///< predicted, but not in the split's part: not scored
    std::vector<std::string> quarantined;    ///< set aside while reading, sorted
    std::vector<std::string> pictured;       ///< captions of the picture's rows, from the top
};

/// Everything, for machines: convention, rule, metrics, per target and metric the statistic, per foreground the mean, and
/// every undefined score with its reason.
Json summary_json(const measure::Evaluation& evaluation, const Remarks& remarks);

/// The evaluation's content in the manifest: cases, failed, mean_METRIC, and what was scored how.
Json content_of(const measure::Evaluation& evaluation, const Remarks& remarks);

/// A page for people.
std::string summary_markdown(const measure::Evaluation& evaluation, const Remarks& remarks);

/// A few columns for the terminal.
std::string short_table(const measure::Evaluation& evaluation, const Remarks& remarks);

}  // namespace cohort::evaluate
