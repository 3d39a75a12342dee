// A contact sheet of a recipe: samples in rows, the original and its first copies in columns.
#pragma once

#include <string>

#include "apps/augment/augment_parameters.h"
#include "step/step.h"

namespace cohort::augmentation {

/// Draws up to six samples, taken at equal steps through the dataset, each with its first copies (eight at most), as
/// one slice in the plane of the original that the label's middle lies in, labels outlined. All of a row in the
/// original's window of intensities. Writes `parameters.preview` and returns a sentence that says what is shown.
/// Error(bad_input) when nothing can be drawn.
std::string write_preview(const AugmentParameters& parameters, const step::Context& context);

}  // namespace cohort::augmentation
