#include <array>

#include "measure/compat/conventions.h"
#include "measure/overlap_metrics.h"
#include "measure/surface_metrics.h"

namespace cohort::measure::compat {
namespace {

constexpr std::string_view raises = "convention_raises";

Score one_if_undefined(Score s) { return s.reason.empty() ? s : Score{1.0}; }
Score zero_if_undefined(Score s) { return s.reason.empty() ? s : Score{0.0}; }

Score dc(CaseLabel& c) { return one_if_undefined(dice(c)); }
Score jc(CaseLabel& c) { return one_if_undefined(iou(c)); }
Score recall(CaseLabel& c) { return zero_if_undefined(sensitivity(c)); }
Score true_negative_rate(CaseLabel& c) { return zero_if_undefined(specificity(c)); }
Score positive_predictive_value(CaseLabel& c) { return zero_if_undefined(precision(c)); }

Score ravd(CaseLabel& c) { return c.counts().n_ref() == 0 ? Score{.reason = raises} : volume_difference_relative(c); }

template <class Measure>
Score of_borders(CaseLabel& c, Connectivity connectivity, Measure measure) {
    if (c.presence() != Presence::both) return {.reason = raises};
    return {measure(c.borders(connectivity))};
}

Score hd95_pooled(CaseLabel& c) {
    return of_borders(c, Connectivity::face, [](const BorderDistances& d) { return pooled_percentile(d, 0.95); });
}
Score hd_largest(CaseLabel& c) {
    return of_borders(c, Connectivity::face, [](const BorderDistances& d) {
        return std::max(largest(d.ref_to_pred), largest(d.pred_to_ref));
    });
}
Score assd_pooled(CaseLabel& c) {
    return of_borders(c, Connectivity::face, [](const BorderDistances& d) { return pooled_mean(d); });
}
Score assd_full(CaseLabel& c) {
    return of_borders(c, Connectivity::full, [](const BorderDistances& d) { return pooled_mean(d); });
}
Score asd(CaseLabel& c) {
    return of_borders(c, Connectivity::face, [](const BorderDistances& d) { return mean(d.pred_to_ref); });
}

constexpr std::array metrics{
    Metric{"dice", "", "dc: 2TP/(2TP+FP+FN), 1 if both are empty", Family::overlap, Better::higher, dc},
    Metric{"iou", "", "jc: TP/(TP+FP+FN), 1 if both are empty", Family::overlap, Better::higher, jc},
    Metric{"sensitivity", "", "TP/(TP+FN), 0 for 0/0", Family::overlap, Better::higher, recall},
    Metric{"specificity", "", "TN/(TN+FP), 0 for 0/0; depends on the field of view", Family::overlap, Better::higher,
           true_negative_rate},
    Metric{"precision", "", "TP/(TP+FP), 0 for 0/0", Family::overlap, Better::higher, positive_predictive_value},
    Metric{"ravd", "", "(n_P − n_R)/n_R, signed despite its name", Family::volume, Better::neither, ravd},
    Metric{"hd_mm", "mm", "largest distance between the borders", Family::distance, Better::lower, hd_largest},
    Metric{"hd95_mm", "mm", "95th percentile of both directions pooled", Family::distance, Better::lower, hd95_pooled},
    Metric{"assd_mm", "mm", "mean border distance, both directions pooled", Family::distance, Better::lower,
           assd_pooled},
    Metric{"asd_pred_to_ref_mm", "mm", "asd: mean distance from the prediction's border", Family::distance,
           Better::lower, asd},
    Metric{"assd_full_connectivity_mm", "mm", "assd with borders by full connectivity", Family::distance, Better::lower,
           assd_full},
};

}  // namespace

std::span<const Metric> medpy_metrics() { return metrics; }

}  // namespace cohort::measure::compat
