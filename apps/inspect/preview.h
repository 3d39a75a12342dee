// The picture of a dataset or of one of its samples.
#pragma once

#include <filesystem>
#include <string>

#include "core/memory_budget.h"
#include "step/step.h"

namespace cohort::inspect {

/// Writes slices with the label over them: of the sample `id`, or where it is empty, of up to eight samples taken at
/// equal steps through the dataset. Returns a sentence that says what is shown. Error(usage) for an unknown id,
/// Error(bad_input) for a dataset without any array to draw.
std::string write_preview(const step::Input& input, const std::string& id, const std::filesystem::path& file,
                          const MemoryBudget& memory);

}  // namespace cohort::inspect
