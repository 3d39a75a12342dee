#include <array>

#include "measure/compat/conventions.h"
#include "measure/metric.h"
#include "measure/overlap_metrics.h"
#include "measure/surface_metrics.h"

namespace cohort::measure {
namespace {

// In the order of the tables.
constexpr std::array all_metrics{
    Metric{"dice", "", "2TP/(2TP+FP+FN)", Family::overlap, Better::higher, dice},
    Metric{"iou", "", "TP/(TP+FP+FN)", Family::overlap, Better::higher, iou},
    Metric{"sensitivity", "", "TP/(TP+FN)", Family::overlap, Better::higher, sensitivity},
    Metric{"specificity", "", "TN/(TN+FP); depends on the field of view", Family::overlap, Better::higher, specificity},
    Metric{"precision", "", "TP/(TP+FP)", Family::overlap, Better::higher, precision},
    Metric{"volume_ref_mm3", "mm3", "volume of the reference", Family::volume, Better::neither, volume_ref},
    Metric{"volume_pred_mm3", "mm3", "volume of the prediction", Family::volume, Better::neither, volume_pred},
    Metric{"volume_difference_mm3", "mm3", "prediction − reference", Family::volume, Better::neither,
           volume_difference},
    Metric{"volume_difference_rel", "", "(prediction − reference)/reference", Family::volume, Better::neither,
           volume_difference_relative},
    Metric{"volume_difference_abs_rel", "", "|prediction − reference|/reference", Family::volume, Better::lower,
           volume_difference_absolute_relative},
    Metric{"volume_similarity", "", "1 − |n_P − n_R|/(n_P + n_R)", Family::volume, Better::higher, volume_similarity},
    Metric{"hd_mm", "mm", "largest distance between the borders", Family::distance, Better::lower, hd},
    Metric{"hd95_mm", "mm", "95th percentile of the border distances per direction, the larger", Family::distance,
           Better::lower, hd95},
    Metric{"assd_mm", "mm", "mean border distance, both directions pooled", Family::distance, Better::lower, assd},
    Metric{"masd_mm", "mm", "mean of the two directions' mean border distances", Family::distance, Better::lower, masd},
    Metric{"surface_dice", "", "share of both borders within the tolerance", Family::surface, Better::higher,
           surface_dice},
};

const std::array conventions{
    Convention{"cohort",
               "Border by face neighbours, the image's frame is background, distances between voxel centres in mm.", "",
               all_metrics},
    Convention{
        "deepmind", "Surface elements between voxels, weighted by area.",
        "Both empty: Dice and surface Dice undefined, HD and HD95 infinite. One empty: HD and HD95 infinite, surface "
        "Dice 0, mean distance from the side that is there infinite.",
        compat::deepmind_metrics()},
    Convention{
        "medpy", "HD95 and ASSD pool both directions.",
        "Both empty: Dice and IoU 1. Other 0/0 are 0. Distances with an empty mask are undefined (medpy raises).",
        compat::medpy_metrics()},
    Convention{
        "monai", "Borders and distances as ours; an empty reference leaves the case out of Dice and IoU.",
        "Reference empty: Dice and IoU undefined. One empty: HD and ASSD infinite, HD95 undefined, surface Dice 0. "
        "Both empty: undefined.",
        compat::monai_metrics()},
    Convention{"nnunet", "Overlap only, with the counts behind it.", "Both empty: Dice and IoU undefined.",
               compat::nnunet_metrics()},
    Convention{"panoptica", "HD95 pools both directions; its ASSD is the mean of the two directions' means.",
               "One or both empty: distances and surface Dice undefined.", compat::panoptica_metrics()},
    Convention{
        "seg-metrics", "Contours by full neighbours, the image's frame is not background; both directions pooled.",
        "Both empty: overlap 1, distances 0. Other 0/0 are 0. Distances with one empty mask, or with an object that "
        "fills the image, are undefined.",
        compat::seg_metrics_metrics()},
};

}  // namespace

std::span<const Convention> all_conventions() { return conventions; }

const Convention* convention_named(std::string_view name) {
    if (name == "simpleitk") name = "seg-metrics";
    for (const Convention& convention : conventions)
        if (convention.name == name) return &convention;
    return nullptr;
}

const Metric* metric_named(const Convention& convention, std::string_view name) {
    for (const Metric& metric : convention.metrics)
        if (metric.name == name) return &metric;
    return nullptr;
}

Score score(const Metric& metric, CaseLabel& case_label) {
    const bool zero = metric.family == Family::overlap || metric.family == Family::surface;
    if (case_label.failed() && zero) return {0.0};
    return metric.compute(case_label);
}

std::string empty_rule_text(const Convention& convention, const Rules& rules) {
    std::string text;
    if (convention.name == "cohort") {
        text = rules.empty == EmptyRule::one
                   ? "Reference and prediction both empty: Dice, IoU and surface Dice 1, distances 0."
                   : "Reference and prediction both empty: undefined, not in the mean.";
        text += " One of them empty: Dice, IoU and surface Dice 0, distances ";
        text +=
            rules.empty_distance == EmptyDistance::diagonal ? "the image's diagonal." : "undefined, not in the mean.";
    } else {
        text = "As " + std::string(convention.name) + " has it. " + std::string(convention.empty);
    }
    return text +
           " A case without its prediction has failed: overlap and surface Dice 0, the rest as for an empty "
           "prediction; it counts.";
}

}  // namespace cohort::measure
