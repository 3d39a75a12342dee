// nnU-Net's summary.json (v2): written from our counts, read for comparisons.
#pragma once

#include <string>
#include <string_view>

#include "measure/evaluation.h"
#include "measure/per_case_table.h"

namespace cohort::measure {

/// {"foreground_mean", "mean", "metric_per_case"} as nnU-Net 2.8.1 writes it (indented by 4, keys sorted, NaN where
/// both masks are empty). Files are relative: ID.nii.gz for prediction and reference. Regions have nnU-Net's keys "(1,
/// 2)". Dice = 2TP/(2TP+FP+FN), IoU = TP/(TP+FP+FN); `mean` is the nan-mean over cases, `foreground_mean` the plain
/// mean over labels ≠ 0 of `mean` (NaN if one of them is). A failed case stands there as an empty prediction would.
std::string nnunet_summary(const Evaluation& evaluation);

/// Per-case values from such a file: case id (file name without .nii.gz or its last extension) → label key → Dice, IoU
/// (columns dice, iou); NaN stays NaN. Error(bad_input) naming `name` when it has another shape.
PerCaseTable read_nnunet_summary(std::string_view text, std::string_view name);

}  // namespace cohort::measure
