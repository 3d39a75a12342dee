#include "measure/@name@.h"

#include "measure/overlap_metrics.h"

namespace cohort::measure {

Score @name@(CaseLabel& c) {
    const auto& n = c.counts();
    return ratio(n.tp + n.tn, n.tp + n.fp + n.fn + n.tn, c);
}

}  // namespace cohort::measure
