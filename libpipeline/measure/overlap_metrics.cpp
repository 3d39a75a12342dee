#include "measure/overlap_metrics.h"

#include <cmath>

namespace cohort::measure {
namespace {

double volume(std::int64_t voxels, CaseLabel& c) { return static_cast<double>(voxels) * c.pair().voxel_mm3(); }

bool both_empty_is_one(CaseLabel& c) { return c.rules().empty == EmptyRule::one && c.presence() == Presence::none; }

}  // namespace

std::string_view empty_reason(CaseLabel& c) {
    switch (c.presence()) {
        case Presence::none:
            return "both_empty";
        case Presence::only_prediction:
            return "ref_empty";
        case Presence::only_reference:
            return "pred_empty";
        case Presence::both:
            return "ref_fills_image";
    }
    __builtin_unreachable();
}

Score ratio(std::int64_t part, std::int64_t whole, CaseLabel& c) {
    if (whole == 0) return {.reason = empty_reason(c)};
    return {static_cast<double>(part) / static_cast<double>(whole)};
}

Score dice(CaseLabel& c) {
    if (both_empty_is_one(c)) return {1.0};
    const Counts& n = c.counts();
    return ratio(2 * n.tp, 2 * n.tp + n.fp + n.fn, c);
}

Score iou(CaseLabel& c) {
    if (both_empty_is_one(c)) return {1.0};
    const Counts& n = c.counts();
    return ratio(n.tp, n.tp + n.fp + n.fn, c);
}

Score sensitivity(CaseLabel& c) { return ratio(c.counts().tp, c.counts().n_ref(), c); }
Score precision(CaseLabel& c) { return ratio(c.counts().tp, c.counts().n_pred(), c); }

Score specificity(CaseLabel& c) {
    const std::int64_t negatives = c.counts().tn + c.counts().fp;
    if (negatives == 0) return {.reason = "ref_fills_image"};
    return ratio(c.counts().tn, negatives, c);
}

Score volume_ref(CaseLabel& c) { return {volume(c.counts().n_ref(), c)}; }
Score volume_pred(CaseLabel& c) { return {volume(c.counts().n_pred(), c)}; }

Score volume_difference(CaseLabel& c) { return {volume(c.counts().n_pred() - c.counts().n_ref(), c)}; }

Score volume_difference_relative(CaseLabel& c) {
    return ratio(c.counts().n_pred() - c.counts().n_ref(), c.counts().n_ref(), c);
}

Score volume_difference_absolute_relative(CaseLabel& c) {
    return ratio(std::abs(c.counts().n_pred() - c.counts().n_ref()), c.counts().n_ref(), c);
}

Score volume_similarity(CaseLabel& c) {
    const std::int64_t sum = c.counts().n_pred() + c.counts().n_ref();
    return ratio(sum - std::abs(c.counts().n_pred() - c.counts().n_ref()), sum, c);
}

}  // namespace cohort::measure
