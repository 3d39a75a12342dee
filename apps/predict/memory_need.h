// What predicting one sample holds at once, known before a voxel is read.
#pragma once

#include <variant>

#include "apps/predict/opened_models.h"
#include "core/memory_budget.h"
#include "core/quarantine.h"

namespace cohort::predict {

/// Bytes, weights and LibTorch included. Quarantined: images that cannot be prepared, or that no network here takes.
std::variant<std::uint64_t, Quarantined> memory_need(const store::Sample& sample, const OpenedModels& opened,
                                                     const PredictParameters& parameters, unsigned threads);

/// Error(resources) naming the sample and what would do, when `bytes` are more than there is.
void require_memory(const store::Sample& sample, std::uint64_t bytes, const OpenedModels& opened,
                    const PredictParameters& parameters, unsigned threads, const MemoryBudget& memory);

}  // namespace cohort::predict
