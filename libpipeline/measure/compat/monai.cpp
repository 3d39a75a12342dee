#include <array>

#include "measure/compat/conventions.h"
#include "measure/overlap_metrics.h"
#include "measure/surface_metrics.h"

namespace cohort::measure::compat {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// An empty reference leaves the case out (ignore_empty=True, its default).
Score unless_ref_empty(CaseLabel& c, Score (*measure)(CaseLabel&)) {
    return c.counts().n_ref() == 0 ? Score{.reason = empty_reason(c)} : measure(c);
}
Score dice_ignoring_empty(CaseLabel& c) { return unless_ref_empty(c, dice); }
Score iou_ignoring_empty(CaseLabel& c) { return unless_ref_empty(c, iou); }

Score dice_counting_empty(CaseLabel& c) {
    if (c.counts().n_ref() == 0) return {c.counts().n_pred() == 0 ? 1.0 : 0.0};
    return dice(c);
}

bool one_is_empty(CaseLabel& c) {
    return c.presence() == Presence::only_reference || c.presence() == Presence::only_prediction;
}
Score hd_or_infinite(CaseLabel& c) { return one_is_empty(c) ? Score{infinity} : hd(c); }
Score assd_or_infinite(CaseLabel& c) { return one_is_empty(c) ? Score{infinity} : assd(c); }

Score asd_pred_to_ref(CaseLabel& c) {
    if (one_is_empty(c)) return {infinity};
    if (c.presence() == Presence::none) return {.reason = empty_reason(c)};
    return {mean(c.borders().pred_to_ref)};
}

Score subvoxel(CaseLabel& c) { return one_is_empty(c) ? Score{0.0} : deepmind_surface_dice(c); }

constexpr std::array metrics{
    Metric{"dice", "", "2TP/(2TP+FP+FN), left out where the reference is empty (ignore_empty=True)", Family::overlap,
           Better::higher, dice_ignoring_empty},
    Metric{"dice_ignore_empty_false", "", "the same, 1 if both are empty, 0 if only the reference is", Family::overlap,
           Better::higher, dice_counting_empty},
    Metric{"iou", "", "TP/(TP+FP+FN), left out where the reference is empty", Family::overlap, Better::higher,
           iou_ignoring_empty},
    Metric{"sensitivity", "", "TP/(TP+FN)", Family::overlap, Better::higher, sensitivity},
    Metric{"specificity", "", "TN/(TN+FP); depends on the field of view", Family::overlap, Better::higher, specificity},
    Metric{"precision", "", "TP/(TP+FP)", Family::overlap, Better::higher, precision},
    Metric{"hd_mm", "mm", "largest distance between the borders; infinite if one is empty", Family::distance,
           Better::lower, hd_or_infinite},
    Metric{"hd95_mm", "mm", "95th percentile per direction, the larger", Family::distance, Better::lower, hd95},
    Metric{"assd_mm", "mm", "mean border distance pooled (symmetric=True); infinite if one is empty", Family::distance,
           Better::lower, assd_or_infinite},
    Metric{"asd_pred_to_ref_mm", "mm", "mean distance from the prediction's border (symmetric=False, its default)",
           Family::distance, Better::lower, asd_pred_to_ref},
    Metric{"surface_dice", "", "share of both borders within the tolerance", Family::surface, Better::higher,
           surface_dice},
    Metric{"surface_dice_subvoxel", "", "share of both surfaces' area within the tolerance (use_subvoxels=True)",
           Family::surface, Better::higher, subvoxel},
};

}  // namespace

std::span<const Metric> monai_metrics() { return metrics; }

}  // namespace cohort::measure::compat
