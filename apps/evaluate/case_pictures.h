// worst-median-best.png.
#pragma once

#include <string>
#include <vector>

#include "apps/evaluate/case_scorer.h"

namespace cohort::evaluate {

/// Draws worst, median and best case, a row each (the image where the reference has one on the label's grid), and
/// returns their captions. Cases whose reference is unknown are not drawn; nothing to draw gives an empty picture of
/// one tile.
std::vector<std::string> write_pictures(const std::filesystem::path& file, const Cases& cases, const CaseScorer& scorer,
                                        const measure::Evaluation& evaluation, const MemoryBudget& memory);

}  // namespace cohort::evaluate
