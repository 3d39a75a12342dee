#include <array>

#include "measure/compat/conventions.h"
#include "measure/overlap_metrics.h"
#include "measure/surface_metrics.h"

namespace cohort::measure::compat {
namespace {

Score hd95_pooled(CaseLabel& c) {
    if (c.presence() != Presence::both) return {.reason = empty_reason(c)};
    return {pooled_percentile(c.borders(), 0.95)};
}

Score mean_of_fractions(CaseLabel& c) {
    if (c.presence() != Presence::both) return {.reason = empty_reason(c)};
    const auto fraction = [&](const std::vector<double>& d) {
        return static_cast<double>(within(d, c.rules().tolerance_mm)) / static_cast<double>(d.size());
    };
    return {(fraction(c.borders().ref_to_pred) + fraction(c.borders().pred_to_ref)) / 2};
}

constexpr std::array metrics{
    Metric{"dice", "", "2TP/(2TP+FP+FN)", Family::overlap, Better::higher, dice},
    Metric{"iou", "", "TP/(TP+FP+FN)", Family::overlap, Better::higher, iou},
    Metric{"hd_mm", "mm", "largest distance between the borders", Family::distance, Better::lower, hd},
    Metric{"hd95_mm", "mm", "95th percentile of both directions pooled", Family::distance, Better::lower, hd95_pooled},
    Metric{"assd_mm", "mm", "mean of the two directions' mean distances (MASD elsewhere)", Family::distance,
           Better::lower, masd},
    Metric{"surface_dice", "", "mean of the two directions' shares within the tolerance", Family::surface,
           Better::higher, mean_of_fractions},
};

}  // namespace

std::span<const Metric> panoptica_metrics() { return metrics; }

}  // namespace cohort::measure::compat
