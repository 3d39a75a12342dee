#include <array>

#include "measure/compat/conventions.h"
#include "measure/overlap_metrics.h"

namespace cohort::measure::compat {
namespace {

Score number(std::int64_t n) { return {static_cast<double>(n)}; }
Score tp(CaseLabel& c) { return number(c.counts().tp); }
Score fp(CaseLabel& c) { return number(c.counts().fp); }
Score fn(CaseLabel& c) { return number(c.counts().fn); }
Score tn(CaseLabel& c) { return number(c.counts().tn); }
Score n_pred(CaseLabel& c) { return number(c.counts().n_pred()); }
Score n_ref(CaseLabel& c) { return number(c.counts().n_ref()); }

constexpr std::array metrics{
    Metric{"dice", "", "2TP/(2TP+FP+FN), undefined if both are empty", Family::overlap, Better::higher, dice},
    Metric{"iou", "", "TP/(TP+FP+FN), undefined if both are empty", Family::overlap, Better::higher, iou},
    Metric{"tp", "voxels", "true positives", Family::volume, Better::neither, tp},
    Metric{"fp", "voxels", "false positives", Family::volume, Better::neither, fp},
    Metric{"fn", "voxels", "false negatives", Family::volume, Better::neither, fn},
    Metric{"tn", "voxels", "true negatives", Family::volume, Better::neither, tn},
    Metric{"n_pred", "voxels", "size of the prediction", Family::volume, Better::neither, n_pred},
    Metric{"n_ref", "voxels", "size of the reference", Family::volume, Better::neither, n_ref},
};

}  // namespace

std::span<const Metric> nnunet_metrics() { return metrics; }

}  // namespace cohort::measure::compat
