// What --against names: another evaluation, a table, or nnU-Net's summary.
#pragma once

#include <filesystem>
#include <optional>

#include "measure/evaluation.h"
#include "measure/per_case_table.h"
#include "store/manifest.h"

namespace cohort::evaluate {

struct Against {
    measure::PerCaseTable table;
    std::optional<store::Privacy> privacy;  ///< of an evaluation of ours
};

/// An evaluation (its cases.csv), a CSV or TSV, nnU-Net's summary.json or a folder that holds one. Error(bad_input)
/// when it is none of these, is damaged, or shares no case or no metric with `ours`.
Against read_against(const std::filesystem::path& path, const measure::Evaluation& ours);

}  // namespace cohort::evaluate
