// Share of rightly labelled voxels, default convention.
#pragma once

#include "measure/metric.h"

namespace cohort::measure {

/// (TP+TN)/(TP+FP+FN+TN), 0 to 1 (best). TN is the rest of the image, so it depends on the field of view.
/// Both masks empty: 1, nothing is wrong. An image without voxels that count: undefined.
/// Source: Taha & Hanbury, BMC Medical Imaging 15 (2015) 29, "accuracy".
Score @name@(CaseLabel& c);

}  // namespace cohort::measure
