// Scores of many cases, and what is said of them together.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "measure/metric.h"

namespace cohort::measure {

/// One case: scores[target][metric], in the order of Evaluation's targets and metrics.
struct CaseScores {
    std::string id;
    std::string subject;
    bool failed = false;
    std::vector<std::vector<Score>> scores;
    std::vector<Counts> counts;  ///< per target
};

/// Everything that was scored, cases sorted by id.
struct Evaluation {
    const Convention* convention = nullptr;
    std::vector<const Metric*> metrics;
    std::vector<Target> targets;
    Rules rules;
    std::vector<CaseScores> cases;

    std::optional<std::size_t> metric_index(std::string_view name) const;
    /// Values of one metric and target over all cases, NaN where undefined.
    std::vector<double> column(std::size_t target, std::size_t metric) const;
};

/// All metrics of all targets of one case.
CaseScores score_case(std::string id, std::string subject, const CasePair& pair, const Evaluation& evaluation,
                      unsigned threads = 1);
/// A failed case whose reference is not there either: overlap and surface 0, the rest undefined (`ref_missing`).
CaseScores missing_case(std::string id, const Evaluation& evaluation);

/// Over the scored cases (those with a defined value). Undefined (NaN) without any; `sd` (n−1) also with one.
/// Infinite values count, so that a mean may be infinite.
struct Statistic {
    std::size_t n = 0, n_scored = 0;
    double mean, median, sd, lower_quartile, upper_quartile, least, most;
};
Statistic statistic_of(const std::vector<double>& values);

/// Mean over targets other than background and regions of the targets' means (nnU-Net's order), targets without a
/// scored case left out; NaN without any. Where there are only regions, over these.
double foreground_mean(const Evaluation& evaluation, std::size_t metric);
std::vector<std::size_t> foreground_targets(const Evaluation& evaluation);

/// A case's own mean of one metric over the foreground targets that are defined; NaN without any.
double case_mean(const Evaluation& evaluation, const CaseScores& scores, std::size_t metric);

/// Worst, median and best case by case_mean of the first metric that has a better direction: indices into cases, each
/// at most once (fewer than three with fewer cases). Ties go to the lower id; cases without a mean are left out.
struct Extremes {
    std::size_t metric = 0;
    std::optional<std::size_t> worst, median, best;
};
Extremes extremes_of(const Evaluation& evaluation);

/// cases.csv: columns case, label, then the metrics; numbers in shortest round-trip form, undefined is empty, infinity
/// is inf. Ids and keys are quoted where CSV needs it (RFC 4180); lines end with \n.
std::string cases_csv(const Evaluation& evaluation);

/// "0.8931", "inf", "" for NaN: shortest form that reads back.
std::string number_text(double value);

}  // namespace cohort::measure
