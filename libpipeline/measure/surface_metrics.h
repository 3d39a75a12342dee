// Distances between borders, default convention: border by face neighbours with the frame as background, distances
// between voxel centres in mm.
#pragma once

#include "measure/metric.h"

namespace cohort::measure {

Score hd(CaseLabel& c);            ///< max(max d_RP, max d_PR)
Score hd95(CaseLabel& c);          ///< max(q95 d_RP, q95 d_PR): per direction, then the larger
Score assd(CaseLabel& c);          ///< (Σ d_RP + Σ d_PR)/(n_R + n_P): pooled
Score masd(CaseLabel& c);          ///< (mean d_RP + mean d_PR)/2
Score surface_dice(CaseLabel& c);  ///< share of both borders within the tolerance, ≤ inclusive

/// Building blocks that other conventions share.
double largest(const std::vector<double>& distances);  ///< 0 for none
double mean(const std::vector<double>& distances);     ///< NaN for none
double pooled_mean(const BorderDistances& d);
double pooled_percentile(const BorderDistances& d, double share);
std::int64_t within(const std::vector<double>& distances,
                    double tolerance_mm);  ///< 1e-9 relative is allowed for rounding

}  // namespace cohort::measure
