// One sample of a dataset, from its shards through grid/preparation.h to the arrays of the new dataset.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "core/quarantine.h"
#include "grid/preparation.h"
#include "store/dataset.h"
#include "store/dataset_writer.h"

namespace cohort::preprocess {

/// What is known of a sample before a voxel of it is read.
struct SamplePlan {
    std::uint64_t bytes = 0;  ///< that prepare_sample holds, compression included
    std::string grid;         ///< of the largest result, for sentences: "512×512×400 voxels"
};
/// Quarantined: `geometry-mismatch` where two arrays do not lie on one grid, and what grid::prepared_grid says.
std::variant<SamplePlan, Quarantined> plan_sample(const grid::Preparation& how, const store::Sample& sample);

struct PreparedForStore {
    store::Sample sample;
    std::map<std::string, store::NewArray> arrays;
    std::uint64_t bytes = 0;  ///< of voxels that were read
    bool changed = false;     ///< at least one array is another than before
};
/// Reads, prepares, and describes the arrays. Arrays that stay as they were are taken over from `dataset`, those whose
/// grid changed carry the native one (the first, if they had one already), and every array keeps its raw header record:
/// it names the source, and describes the grid to which export brings predictions back.
/// Quarantined besides: `damaged` when an array cannot be read, and what grid::prepare says.
std::variant<PreparedForStore, Quarantined> prepare_sample(const grid::Preparation& how, const store::Dataset& dataset,
                                                           store::Sample sample, unsigned threads);

}  // namespace cohort::preprocess
