// Overlap and volumes from the four counts (tp, fp, fn, tn), default convention.
#pragma once

#include <span>

#include "measure/metric.h"

namespace cohort::measure {

/// 0/0 is undefined, with the empty mask as its reason.
Score ratio(std::int64_t part, std::int64_t whole, CaseLabel& c);

Score dice(CaseLabel& c);         ///< 2TP/(2TP+FP+FN)
Score iou(CaseLabel& c);          ///< TP/(TP+FP+FN)
Score sensitivity(CaseLabel& c);  ///< TP/(TP+FN)
Score specificity(CaseLabel& c);  ///< TN/(TN+FP)
Score precision(CaseLabel& c);    ///< TP/(TP+FP)
Score volume_ref(CaseLabel& c);
Score volume_pred(CaseLabel& c);
Score volume_difference(CaseLabel& c);           ///< signed, prediction − reference
Score volume_difference_relative(CaseLabel& c);  ///< signed, by the reference
Score volume_difference_absolute_relative(CaseLabel& c);
Score volume_similarity(CaseLabel& c);  ///< 1 − |n_P − n_R|/(n_P + n_R)

/// Why something of this case and label is undefined.
std::string_view empty_reason(CaseLabel& c);

}  // namespace cohort::measure
