#include <algorithm>
#include <array>

#include "measure/compat/conventions.h"
#include "measure/overlap_metrics.h"

namespace cohort::measure::compat {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double area_of(const std::vector<Surfel>& surfels) {
    double area = 0;
    for (const Surfel& s : surfels) area += s.area;
    return area;
}

/// First distance at which the share of the area seen so far reaches `share`; the last if none does.
double weighted_percentile(const std::vector<Surfel>& surfels, double share) {
    if (surfels.empty()) return infinity;
    const double total = area_of(surfels);
    double seen = 0;
    for (const Surfel& s : surfels) {
        seen += s.area;
        if (seen / total >= share) return s.distance_mm;
    }
    return surfels.back().distance_mm;
}

Score hausdorff(CaseLabel& c, double share) {
    return {std::max(weighted_percentile(c.surfels().ref_to_pred, share),
                     weighted_percentile(c.surfels().pred_to_ref, share))};
}
Score hd_100(CaseLabel& c) { return hausdorff(c, 1.0); }
Score hd_95(CaseLabel& c) { return hausdorff(c, 0.95); }

Score average(const std::vector<Surfel>& surfels, CaseLabel& c) {
    if (surfels.empty()) return {.reason = empty_reason(c)};
    double sum = 0;
    for (const Surfel& s : surfels) sum += s.distance_mm * s.area;
    return {sum / area_of(surfels)};
}
Score asd_ref_to_pred(CaseLabel& c) { return average(c.surfels().ref_to_pred, c); }
Score asd_pred_to_ref(CaseLabel& c) { return average(c.surfels().pred_to_ref, c); }

double area_within(const std::vector<Surfel>& surfels, double tolerance_mm) {
    double area = 0;
    for (const Surfel& s : surfels)
        if (s.distance_mm <= tolerance_mm * (1 + 1e-9)) area += s.area;
    return area;
}

constexpr std::array metrics{
    Metric{"dice", "", "2TP/(2TP+FP+FN)", Family::overlap, Better::higher, dice},
    Metric{"hd_mm", "mm", "largest distance between surface elements", Family::distance, Better::lower, hd_100},
    Metric{"hd95_mm", "mm", "distance below which 95 % of the area lies, per direction, the larger", Family::distance,
           Better::lower, hd_95},
    Metric{"asd_ref_to_pred_mm", "mm", "area-weighted mean distance from the reference", Family::distance,
           Better::lower, asd_ref_to_pred},
    Metric{"asd_pred_to_ref_mm", "mm", "area-weighted mean distance from the prediction", Family::distance,
           Better::lower, asd_pred_to_ref},
    Metric{"surface_dice", "", "share of both surfaces' area within the tolerance", Family::surface, Better::higher,
           deepmind_surface_dice},
};

}  // namespace

Score deepmind_surface_dice(CaseLabel& c) {
    const auto& [there, back] = c.surfels();
    const double total = area_of(there) + area_of(back);
    if (total == 0) return {.reason = empty_reason(c)};
    return {(area_within(there, c.rules().tolerance_mm) + area_within(back, c.rules().tolerance_mm)) / total};
}

std::span<const Metric> deepmind_metrics() { return metrics; }

}  // namespace cohort::measure::compat
