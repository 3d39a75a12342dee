// A raw sample, prepared in memory as cohort-preprocess would have prepared it.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "core/quarantine.h"
#include "grid/preparation.h"
#include "store/dataset.h"

namespace cohort::predict {

/// The sample's images as they are now (entries with `native` where the grid changed) and their voxels, by name. Other
/// arrays are left out.
struct PreparedInMemory {
    store::Sample sample;
    std::map<std::string, Volume> voxels;
};

/// Quarantined: `geometry-mismatch` where two images do not lie on one grid, and what grid::prepare says. The result
/// does not depend on `threads`.
std::variant<PreparedInMemory, Quarantined> prepare_in_memory(const grid::Preparation& how,
                                                              const store::Dataset& dataset, store::Sample sample,
                                                              unsigned threads);

/// Bytes that it holds at once, and the grid to which the images come if nothing is cropped.
struct PreparationNeed {
    std::uint64_t bytes = 0;
    grid::ArrayGrid grid;
};
std::variant<PreparationNeed, Quarantined> need_to_prepare(const grid::Preparation& how, const store::Sample& sample);

}  // namespace cohort::predict
