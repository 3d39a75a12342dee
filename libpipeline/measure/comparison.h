// An evaluation against another one, case by case.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure/evaluation.h"
#include "measure/paired.h"
#include "measure/per_case_table.h"

namespace cohort::measure {

/// One label (or all of the foreground) and metric: paired differences ours − theirs over the cases where both are
/// defined.
struct ComparedMetric {
    std::string label;    ///< a target's key, or "foreground": per case, the mean over the labels that both have
    std::size_t metric;   ///< index into the evaluation's
    double ours, theirs;  ///< means over the pairs
    PairedEffect effect;
    double holm_p;  ///< the permutation's p, adjusted over the labels of this metric; the foreground's own is not
};

struct Comparison {
    std::vector<ComparedMetric> rows;                 ///< by metric, then by label, the foreground last
    std::vector<std::string> only_ours, only_theirs;  ///< cases left out, sorted
    std::size_t cases = 0;                            ///< that both have
};

struct ResamplingPlan {
    std::size_t resamples = 2000;      ///< of bootstraps
    std::size_t permutations = 10000;  ///< draws of sign flips, where they are drawn
    std::uint64_t seed = 0;
};

/// Compares the metrics that both have and that have a better direction. Does not depend on `threads`.
Comparison compare(const Evaluation& ours, const PerCaseTable& theirs, const ResamplingPlan& plan, unsigned threads);

/// 95 % bootstrap intervals of the means over scored cases (subjects where cases share one): [target][metric], and for
/// each metric that of foreground_mean() (undefined where a foreground target is undefined in some case: cases then
/// weigh unequally in it). Every interval has its own stream, "METRIC/LABEL".
struct Intervals {
    std::vector<std::vector<Interval>> targets;
    std::vector<Interval> foreground;
};
Intervals intervals_of(const Evaluation& evaluation, const ResamplingPlan& plan, unsigned threads);

}  // namespace cohort::measure
