#include <algorithm>
#include <array>

#include "measure/compat/conventions.h"
#include "measure/overlap_metrics.h"
#include "measure/surface_metrics.h"

namespace cohort::measure::compat {
namespace {

/// 0/0: 1 if both are empty, else 0.
Score filled(CaseLabel& c, Score (*measure)(CaseLabel&)) {
    if (c.presence() == Presence::none) return {1.0};
    const Score s = measure(c);
    return s.reason.empty() ? s : Score{0.0};
}
Score dice_filled(CaseLabel& c) { return filled(c, dice); }
Score jaccard_filled(CaseLabel& c) { return filled(c, iou); }
Score precision_filled(CaseLabel& c) { return filled(c, precision); }
Score recall_filled(CaseLabel& c) { return filled(c, sensitivity); }

Score volume_similarity_signed(CaseLabel& c) {
    if (c.presence() == Presence::none) return {0.0};
    return ratio(2 * (c.counts().n_pred() - c.counts().n_ref()), c.counts().n_pred() + c.counts().n_ref(), c);
}

template <class Measure>
Score of_contours(CaseLabel& c, Measure measure) {
    if (c.presence() == Presence::none) return {0.0};
    if (c.presence() != Presence::both) return {.reason = empty_reason(c)};
    const BorderDistances& d = c.framed_contours();
    // An object that fills the image has no contour, and then nothing to measure from or to.
    const bool measurable = !d.ref_to_pred.empty() && !d.pred_to_ref.empty();
    return measurable ? Score{measure(d)} : Score{.reason = "no_contour"};
}
Score hd_pooled(CaseLabel& c) {
    return of_contours(
        c, [](const BorderDistances& d) { return std::max(largest(d.ref_to_pred), largest(d.pred_to_ref)); });
}
Score hd95_pooled(CaseLabel& c) {
    return of_contours(c, [](const BorderDistances& d) { return pooled_percentile(d, 0.95); });
}
Score msd(CaseLabel& c) {
    return of_contours(c, [](const BorderDistances& d) { return pooled_mean(d); });
}

constexpr std::array metrics{
    Metric{"dice", "", "2TP/(2TP+FP+FN), 1 if both are empty", Family::overlap, Better::higher, dice_filled},
    Metric{"iou", "", "jaccard: TP/(TP+FP+FN), 1 if both are empty", Family::overlap, Better::higher, jaccard_filled},
    Metric{"sensitivity", "", "recall: 1 if both are empty, else 0 for 0/0", Family::overlap, Better::higher,
           recall_filled},
    Metric{"precision", "", "1 if both are empty, else 0 for 0/0", Family::overlap, Better::higher, precision_filled},
    Metric{"volume_similarity", "", "vs: 2(n_P − n_R)/(n_P + n_R), signed", Family::volume, Better::neither,
           volume_similarity_signed},
    Metric{"hd_mm", "mm", "largest distance from either contour to the other object's", Family::distance, Better::lower,
           hd_pooled},
    Metric{"hd95_mm", "mm", "95th percentile of both directions pooled", Family::distance, Better::lower, hd95_pooled},
    Metric{"msd_mm", "mm", "mean of both directions pooled", Family::distance, Better::lower, msd},
};

}  // namespace

std::span<const Metric> seg_metrics_metrics() { return metrics; }

}  // namespace cohort::measure::compat
