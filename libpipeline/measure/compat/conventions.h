// Definitions of other programs, each in its own file: same names of metrics, their arithmetic.
#pragma once

#include <span>

#include "measure/metric.h"

namespace cohort::measure::compat {

std::span<const Metric> deepmind_metrics();     ///< google-deepmind/surface-distance 1f805ce
std::span<const Metric> medpy_metrics();        ///< loli/medpy d6abf41
std::span<const Metric> monai_metrics();        ///< Project-MONAI/MONAI d388d1c
std::span<const Metric> nnunet_metrics();       ///< MIC-DKFZ/nnUNet 0e49508 (2.8.1)
std::span<const Metric> panoptica_metrics();    ///< BrainLesion/panoptica b0ac3e4
std::span<const Metric> seg_metrics_metrics();  ///< Jingnan-Jia/segmentation_metrics 9513586

Score deepmind_surface_dice(CaseLabel& c);  ///< MONAI's use_subvoxels is the same

}  // namespace cohort::measure::compat
